// The staff's console: one classic script and one style sheet, for current desktop browsers. `--mode editor` builds
// editor.js, a module that is loaded when a policy is edited.
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig(({ mode }) => ({
  root: import.meta.dirname,
  publicDir: mode === 'editor' ? false : 'public',
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'true', // Element Plus has components written that way
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    'process.env.NODE_ENV': '"production"',
  },
  build: {
    outDir: '../../src/shiming/web/console/assets',
    emptyOutDir: mode !== 'editor',
    target: 'es2020',
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: mode === 'editor' ? 'src/policy/codemirror.ts' : 'src/main.ts',
      preserveEntrySignatures: 'strict',
      output: mode === 'editor' ? { format: 'es', entryFileNames: 'editor.js' } : { format: 'iife', entryFileNames: 'console.js', assetFileNames: 'console[extname]' },
    },
  },
}))
