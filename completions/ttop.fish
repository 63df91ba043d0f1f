complete --keep-order --exclusive --command ttop --arguments "(TTOP_COMPLETE=fish ttop -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
