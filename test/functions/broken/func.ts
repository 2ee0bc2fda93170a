// Never listens: says why and ends.
process.stderr.write("no licence found\n");
process.exitCode = 4;
