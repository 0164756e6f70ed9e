"""事件: Cases: opened by tallies, graded under each law, reported, notified, closed."""
