"""Keep what may have to be erased: papers, samples, evidence and attachments, encrypted one by one."""
