/** The messages of the load, and the replies of the server's model to them. */
export const functionName = "look_up"

/** A message with these words gets a long reply. */
export const longWords = "At length"

/** A text that is written slowly. It names the process of the model that writes it. */
export const slowText = (writer: string): string =>
  `This is written slowly by ${writer}, word by word of ${writer}, so that ${writer} is cut off now and then.`

/** The pieces of a long text. Each of them names the process of the model that writes it. */
export const longText = (writer: string, pieces: number): ReadonlyArray<string> => Array(pieces).fill(`${writer} `)

const slowBeginning = /^This is written slowly by (\w+)/

/** Whether a text is all that a model writes, and not a part of it, or the words of two processes. */
export const isWhole = (text: string): boolean => {
  const [, writer] = slowBeginning.exec(text) ?? []
  return writer === undefined ? !text.startsWith("This is") : text === slowText(writer)
}
