import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Refusal } from './api/client'
import { App } from './App'
import './design/tokens.css'
import './design/page.css'
import './design/shell.css'
import { InLanguage } from './words/language'

const cache = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000, // the feed says sooner what is old
      retry: (attempts, error) => error instanceof Refusal && error.unreachable && attempts < 20,
      retryDelay: (attempt) => Math.min(4000, 300 * 2 ** attempt),
      refetchOnWindowFocus: true,
    },
  },
})

const root = document.getElementById('reading-room')
if (root === null) throw new Error('index.html has no place for the reading room')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={cache}>
      <InLanguage>
        <App />
      </InLanguage>
    </QueryClientProvider>
  </StrictMode>,
)
