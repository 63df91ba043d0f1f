set edit:completion:arg-completer[ttop] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) TTOP_COMPLETE="elvish" ttop -- $@words) | to-lines
}
