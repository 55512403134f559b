"""The programs that reach the network: tables with one row a program, and what reads their arguments."""
