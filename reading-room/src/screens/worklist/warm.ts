/** Fetches the viewer while nothing else is going on, so that the first study opens at once. */
export function warmViewer(): () => void {
  const fetchIt = () => {
    void import('../reading/Reading')
    void import('../../viewer/engine').then(({ startEngine }) => startEngine())
  }
  if ('requestIdleCallback' in window) {
    const waiting = requestIdleCallback(fetchIt, { timeout: 4000 })
    return () => cancelIdleCallback(waiting)
  }
  const waiting = setTimeout(fetchIt, 1500)
  return () => clearTimeout(waiting)
}
