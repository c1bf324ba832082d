/** The messages of the load, and the replies of the server's model to them. */
export const functionName = "look_up"

/** A text that is written slowly. It names the process of the model that writes it. */
export const slowText = (writer: string): string =>
  `This is written slowly by ${writer}, word by word of ${writer}, so that ${writer} is cut off now and then.`

/** A message that asks for a reply of so many milliseconds. */
export const longWords = (millis: number): string => `Take ${millis} ms`

/** How long the reply to a message is to take, where it asks for that. */
export const longMillis = (words: string): number | undefined => {
  const [, millis] = /Take (\d+) ms/.exec(words) ?? []
  return millis === undefined ? undefined : Number(millis)
}

/**
 * The pieces of a long text. Each of them names the process of the model that writes it. A run stores its text again when it
 * has grown by an eighth, so each piece is that long.
 */
export const longText = (writer: string): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  for (let total = 0; pieces.length < 40;) {
    const count = Math.max(1, Math.ceil(total / 7))
    total += count
    pieces.push(`${writer} `.repeat(count))
  }
  return pieces
}

/** The processes whose words a text has. */
export const writersOf = (text: string): ReadonlyArray<string> => [...new Set(text.match(/\bp\d+\b/g) ?? [])]

const slowBeginning = /^This is written slowly by (\w+)/

/** Whether a text is all that a model writes, and not a part of it, or the words of two processes. */
export const isWhole = (text: string): boolean => {
  const [, writer] = slowBeginning.exec(text) ?? []
  return writer === undefined ? !text.startsWith("This is") : text === slowText(writer)
}
