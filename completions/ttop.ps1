# Completion of ttop for PowerShell. ttop quotes what it offers, so each value is inserted as it is.
Register-ArgumentCompleter -Native -CommandName ttop -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.StartOffset -lt $cursorPosition } |
        ForEach-Object {
            if ($_ -is [System.Management.Automation.Language.StringConstantExpressionAst]) { $_.Value }
            else { $_.Extent.Text }
        })
    if ($wordToComplete -eq '') { $words += '' }

    $env:TTOP_COMPLETE = 'powershell'
    $env:TTOP_COMPLETE_WORDS = $words -join "`n"
    try {
        & ttop '--' | ForEach-Object {
            $value, $help = $_.Split("`t", 2)
            if (-not $help) { $help = $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
        }
    } finally {
        Remove-Item Env:\TTOP_COMPLETE, Env:\TTOP_COMPLETE_WORDS
    }
}
