module switch/bench/tools

go 1.22
