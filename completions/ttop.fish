# Completion of ttop for fish, which quotes what it inserts.
function __ttop_offer
    set -l typed (commandline --current-token --cut-at-cursor)
    # The word at the cursor may have an open quote.
    set -l word $typed
    for quote in '' "'" '"'
        if set -l plain (string unescape -- "$typed$quote" 2>/dev/null)
            set word $plain
            break
        end
    end
    TTOP_COMPLETE=fish ttop -- (commandline --current-process --tokenize --cut-at-cursor) "$word" 2>/dev/null
end
complete --keep-order --exclusive --command ttop --arguments '(__ttop_offer)'
