from django.db import migrations

from cleannet.hub.ledger import triggers


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [migrations.RunPython(triggers.install_in_migration, triggers.remove_in_migration)]
