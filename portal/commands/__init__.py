"""What a terminal calls: one file a group of commands, or one large one."""
