//! Vim and Neovim: a part of 'statusline', with highlight groups.

use super::{Bar, Style};
use crate::render::Tone;

pub(super) struct Vim;

impl Style for Vim {
    fn name(&self) -> &'static str {
        "vim"
    }

    fn about(&self) -> &'static str {
        "Vim's statusline, with highlight groups"
    }

    fn draw(&self, bar: &Bar<'_>) -> String {
        let line = bar.join(|piece| {
            let text = piece.text.replace('%', "%%");
            let group = match piece.tone {
                Tone::Plain | Tone::Strong => return text,
                Tone::Dim => "TtopDim",
                Tone::Good | Tone::Notice => "TtopOk",
                Tone::Caution | Tone::Warning => "TtopWarn",
                Tone::Critical => "TtopCrit",
            };
            format!("%#{group}#{text}%*")
        });
        format!("{line}\n")
    }

    fn setup(&self) -> &'static str {
        "\" ~/.vimrc: updated by a timer, because Vim redraws the status line at every key\n\
         let g:ttop = ''\n\
         function! s:Ttop(timer)\n\
         \x20 let g:ttop = substitute(system('ttop bar-status vim'), '\\n', '', 'g')\n\
         \x20 redrawstatus\n\
         endfunction\n\
         call timer_start(5000, function('s:Ttop'), {'repeat': -1})\n\
         highlight default link TtopDim Comment\n\
         highlight default link TtopOk String\n\
         highlight default link TtopWarn WarningMsg\n\
         highlight default link TtopCrit ErrorMsg\n\
         set statusline+=%{%g:ttop%}\n"
    }
}
