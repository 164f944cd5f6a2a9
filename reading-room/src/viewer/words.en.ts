import type { Like } from '../words/language'
import type { nl } from './words.nl'

export const en: Like<typeof nl> = {
  prior: 'PRIOR',
  image: (n: number, of: number) => `Image ${n}/${of}`,
  series: (number: string) => `Series ${number}`,
  window: (width: number, centre: number) => `W ${width} L ${centre}`,
  zoom: (zoom: number) => `×${zoom.toLocaleString('en-GB', { minimumFractionDigits: 2 })}`,
  inverted: 'inverted',
  noPlane: 'Choose a prior in the timeline.',
  noImages: 'This study has no images.',
  loading: 'Fetching images…',
  failed: 'This image cannot be shown.',
  current: 'Current study',
  priorStudy: 'Prior study',
  seriesOf: 'Series',
  tools: 'Tools',
  tool: {
    WindowLevel: 'Window',
    Zoom: 'Zoom',
    Pan: 'Pan',
    Length: 'Length',
    EllipticalROI: 'Ellipse',
  },
  link: 'Linked scrolling',
  layout: 'Layout',
  presets: 'Window',
  preset: { own: 'own', brain: 'brain', subdural: 'subdural', bone: 'bone', lung: 'lung', soft: 'soft tissue' },
  invert: 'Invert',
  reset: 'Reset',
  cursor: (placed: number) =>
    placed === 0
      ? 'Cursor: arrows move it, ↵ places the first point, Esc ends'
      : 'Cursor: ↵ places the second point, Esc ends',
}
