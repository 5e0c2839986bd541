await runVictim()
