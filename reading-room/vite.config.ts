import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

const server = process.env.CROSSREAD_URL ?? 'http://127.0.0.1:8080'
const installed = (path: string) => fileURLToPath(new URL(`node_modules/${path}`, import.meta.url))

export default defineConfig({
  plugins: [react()],
  resolve: {
    alias: {
      // vtk.js's xmlbuilder2 asks for Node's own; without these: 'Class extends value undefined'
      events: installed('events/events.js'),
      url: installed('url/url.js'),
    },
  },
  worker: { format: 'es' },
  optimizeDeps: { exclude: ['@cornerstonejs/dicom-image-loader'], include: ['dicom-parser'] },
  build: {
    outDir: '../src/crossread/web/reading_room',
    emptyOutDir: true,
    target: 'es2022',
    chunkSizeWarningLimit: 4000, // the viewer is one large chunk, loaded when a study opens
  },
  server: { proxy: { '/api': server, '/health': server } },
  test: {
    environment: 'jsdom',
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
})
