"""Runs a Procfile by honcho. A consumer that stops may need its grace time; honcho itself would kill it after 5 s."""

import sys

import honcho.manager
from honcho.command import main

honcho.manager.KILL_WAIT = 45  # above SWITCH_SHUTDOWN_SECONDS
sys.argv = ["honcho", *sys.argv[1:], "start"]
main()
