/** FNV-1a, as a number of 32 bits. */
export const hash = (text: string, seed: number): number => {
  let value = (2_166_136_261 ^ seed) >>> 0
  for (let index = 0; index < text.length; index++) value = Math.imul(value ^ text.charCodeAt(index), 16_777_619) >>> 0
  return value
}
