import { hash } from "../hash.js"
import type { Word } from "./words.js"

export const sampleRate = 24_000

const volume = 6000

/** The part of a tone, in seconds, over which it gets louder and quieter, because a sudden change is a click. */
const fade = 0.01

/** The pitch of a word in Hz. The same word always has the same one. */
const pitchOf = (word: string): number => 180 + hash(word.toLowerCase(), 0) % 240

/** Samples of 16 bits: a tone for each word. Each chunk has a second at most. */
export function* samples(words: ReadonlyArray<Word>, duration: number): Generator<Uint8Array> {
  const total = Math.round(duration * sampleRate)
  let current = 0
  for (let offset = 0; offset < total; offset += sampleRate) {
    const length = Math.min(sampleRate, total - offset)
    const view = new DataView(new ArrayBuffer(2 * length))
    for (let index = 0; index < length; index++) {
      const time = (offset + index) / sampleRate
      while (current < words.length && words[current]!.end <= time) current++
      const word = words[current]
      if (word === undefined || time < word.start) continue
      const loudness = Math.min(1, (time - word.start) / fade, (word.end - time) / fade)
      const value = Math.sin(2 * Math.PI * pitchOf(word.word) * (time - word.start))
      view.setInt16(2 * index, Math.round(volume * loudness * value), true)
    }
    yield new Uint8Array(view.buffer)
  }
}
