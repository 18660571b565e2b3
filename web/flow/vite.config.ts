// The holder's pages: one classic script and one style sheet, for browsers from Chrome 61 on, without dynamic import.
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  publicDir: 'public',
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'false',
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    'process.env.NODE_ENV': '"production"',
  },
  build: {
    outDir: '../../src/shiming/web/flow/assets',
    emptyOutDir: true,
    target: ['es2018', 'chrome61'],
    cssTarget: 'chrome61',
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: 'src/main.ts',
      output: { format: 'iife', entryFileNames: 'flow.js', assetFileNames: 'flow[extname]' },
    },
  },
})
