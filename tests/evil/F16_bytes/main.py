"""Prints bytes that are no text, and text that commands terminals."""

import os
import time

from task import succeed

os.write(1, b"nul \x00 invalid \xff\xfe title \x1b]0;owned\x07 red \x1b[31m over\rwritten\n")
os.write(2, b"split \xf0\x9f")
time.sleep(0.2)
os.write(2, b"\x98\x80 done\n")
succeed()
