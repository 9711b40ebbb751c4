import { defineConfig } from 'vitest/config'

// Relative addresses: the page also works behind a proxy that gives it a path of its own.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: false },
  server: { proxy: { '/api': process.env['API'] ?? 'http://127.0.0.1:8088' } },
  test: { include: ['test/**/*.test.{ts,tsx}'] },
})
