/** What the load says, and what the model of the server answers to it. */
export const functionName = "look_up"

export const slowText = "This is said slowly, word by word, so that it is cut off now and then."
