# Completion of ttop for Elvish, which quotes what it inserts.
use str
set edit:completion:arg-completer[ttop] = {|@words|
    try {
        e:env TTOP_COMPLETE=elvish ttop -- $@words 2>/dev/null | from-lines | each {|line|
            var value @help = (str:split "\t" $line)
            if (eq $help []) {
                put $value
            } else {
                edit:complex-candidate $value &display=$value'  '$help[0]
            }
        }
    } catch { }
}
