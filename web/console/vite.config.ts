// The staff's console: one classic script and one style sheet, for current desktop browsers.
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  publicDir: 'public',
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: 'true', // Element Plus has components written that way
    __VUE_PROD_DEVTOOLS__: 'false',
    __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false',
    'process.env.NODE_ENV': '"production"',
  },
  build: {
    outDir: '../../src/shiming/web/console/assets',
    emptyOutDir: true,
    target: 'es2020',
    cssCodeSplit: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    rollupOptions: {
      input: 'src/main.ts',
      output: { format: 'iife', entryFileNames: 'console.js', assetFileNames: 'console[extname]' },
    },
  },
})
