// The holder's pages: classic scripts and one style sheet, for browsers from Chrome 61 on, without dynamic import.
// `--mode desk`, `embed`, `me` and `film` build the scripts of those names; everything else, the phone's.
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const OTHERS: Record<string, string> = { desk: 'src/desk.ts', embed: 'src/embed.ts', me: 'src/me/main.ts', film: 'src/film/main.ts' }

// Components' own names, of which only Vue's developer tools make use.
const unnamed = {
  name: 'unnamed',
  transform: (code: string, id: string) => (/\.vue/.test(id) ? { code: code.replace(/__name: ["']\w+["'],/, ''), map: null } : null),
}

// Static nodes written where they stand weigh less than those kept apart for reuse.
const small = { template: { compilerOptions: { hoistStatic: false } } }

export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  publicDir: OTHERS[mode] ? false : 'public',
  plugins: [vue(small), unnamed],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    'process.env.NODE_ENV': '"production"',
  },
  build: {
    outDir: '../../src/shiming/web/flow/assets',
    emptyOutDir: !OTHERS[mode],
    target: ['es2018', 'chrome61'],
    cssTarget: 'chrome61',
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: OTHERS[mode] || 'src/main.ts',
      output: {
        format: 'iife', entryFileNames: OTHERS[mode] ? `${mode}.js` : 'flow.js',
        assetFileNames: OTHERS[mode] ? `${mode}[extname]` : 'flow[extname]',
      },
    },
  },
}))
