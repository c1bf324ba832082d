/** A word, and its times in seconds. */
export interface Word {
  readonly word: string
  readonly start: number
  readonly end: number
}

const secondsPerLetter = 0.06

/** A word takes the time of its letters, and a pause after it. */
const weightOf = (word: string): number => [...word].length + 2

const split = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((word) => word !== "")

const minDuration = 0.25

/** The duration of a text in seconds. */
export const durationOf = (text: string, speed: number): number => {
  const weight = split(text).reduce((sum, word) => sum + weightOf(word), 0)
  return Math.max(minDuration, Math.round(weight * secondsPerLetter / speed * 1000) / 1000)
}

/** A time with the precision of a millisecond. */
const toMillis = (seconds: number): number => Math.round(seconds * 1000) / 1000

/** The words of a text over a duration, each with its share. */
export const timed = (text: string, duration: number): ReadonlyArray<Word> => {
  const words = split(text)
  const total = words.reduce((sum, word) => sum + weightOf(word), 0)
  let before = 0
  return words.map((word) => {
    const start = duration * before / total
    before += weightOf(word)
    // The last third of the last letter and the pause are without sound.
    return { word, start: toMillis(start), end: toMillis(duration * (before - 1) / total) }
  })
}
