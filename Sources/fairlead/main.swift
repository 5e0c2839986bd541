await CommandLineProgram.main()
