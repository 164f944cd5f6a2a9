/** A UUID is also a DICOM UID: 2.25. and its decimal (PS3.5 B.2). */

export function uidOfUuid(uuid: string): string {
  return `2.25.${BigInt(`0x${uuid.replaceAll('-', '')}`)}`
}

/** The name of an annotation inside the viewer: its UUID where its UID was made of one. */
export function uuidOfUid(uid: string): string {
  if (!/^2\.25\.\d+$/.test(uid)) return uid
  const hex = BigInt(uid.slice(5)).toString(16).padStart(32, '0')
  if (hex.length !== 32) return uid
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

const isUuid = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)

export const trackingUidOf = (name: string) => (isUuid(name) ? uidOfUuid(name) : name)
