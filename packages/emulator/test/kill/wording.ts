/** The messages of the load, and the replies of the server's model to them. */
export const functionName = "look_up"

export const slowText = "This is written slowly, word by word, so that it is cut off now and then."
