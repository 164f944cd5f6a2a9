import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { Refusal } from '../../api/client'
import { kept } from '../../api/keys'

interface Upload {
  /** How much has been sent, from 0 to 1; null while nothing is. */
  part: number | null
  error: Refusal | null
  send: (file: File, ownNumbers: boolean) => void
}

/** Sends a file as it is; `fetch` does not tell how far an upload is, so the older way is taken. */
export function useUpload(): Upload {
  const cache = useQueryClient()
  const [part, setPart] = useState<number | null>(null)
  const [error, setError] = useState<Refusal | null>(null)
  const send = (file: File, ownNumbers: boolean) => {
    const request = new XMLHttpRequest()
    const ended = (refusal: Refusal | null) => {
      setPart(null)
      setError(refusal)
      void cache.invalidateQueries({ queryKey: kept.imports })
    }
    request.upload.onprogress = (event) => setPart(event.loaded / Math.max(1, event.total))
    request.onerror = () => ended(new Refusal(0, { reasons: ['unreachable'] }))
    request.onload = () => ended(request.status < 300 ? null : refusalOf(request))
    request.open('POST', `/api/archive/imports?own_numbers=${ownNumbers}`)
    request.setRequestHeader('X-Crossread', '1')
    request.setRequestHeader('Content-Type', 'application/octet-stream')
    setError(null)
    setPart(0)
    request.send(file)
  }
  return { part, error, send }
}

function refusalOf(request: XMLHttpRequest): Refusal {
  try {
    return new Refusal(request.status, JSON.parse(request.responseText) as { sentence?: string })
  } catch {
    return new Refusal(request.status, {})
  }
}
