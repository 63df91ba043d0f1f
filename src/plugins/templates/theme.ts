import { createThemePlugin } from '@tokentop/plugin-sdk';

export default createThemePlugin({
  id: '{{id}}',
  type: 'theme',
  name: '{{name}}',
  version: '0.1.0',
  permissions: {},
  family: '{{id}}',
  colorScheme: 'dark',
  colors: {
    background: '#10141a', foreground: '#e6edf3', text: '#e6edf3', textMuted: '#9aa7b4', textSubtle: '#6b7885',
    primary: '#58a6ff', secondary: '#bc8cff', accent: '#ff7b72',
    success: '#3fb950', warning: '#d29922', error: '#f85149', info: '#79c0ff',
    border: '#30363d', borderMuted: '#21262d', selection: '#264f78', highlight: '#388bfd',
    gaugeBackground: '#21262d', gaugeFill: '#3fb950', gaugeWarning: '#d29922', gaugeDanger: '#f85149',
  },
});
