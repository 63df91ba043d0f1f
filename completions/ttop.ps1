Register-ArgumentCompleter -Native -CommandName ttop -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $prev = $env:TTOP_COMPLETE;
    $env:TTOP_COMPLETE = "powershell";

    $args = $commandAst.Extent.Text
    $args = $args.Substring(0, [math]::Min($cursorPosition, $args.Length));
    if ($wordToComplete -eq "") {
        $args += " ''";
    }

    $results = Invoke-Expression @"
& ttop -- $args
"@;
    if ($null -eq $prev) {
        Remove-Item Env:\TTOP_COMPLETE;
    } else {
        $env:TTOP_COMPLETE = $prev;
    }
    $results | ForEach-Object {
        $split = $_.Split("`t");
        $cmd = $split[0];

        if ($split.Length -eq 2) {
            $help = $split[1];
        }
        else {
            $help = $split[0];
        }

        [System.Management.Automation.CompletionResult]::new($cmd, $cmd, 'ParameterValue', $help)
    }
};
