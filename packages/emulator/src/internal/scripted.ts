import * as Effect from "effect/Effect"
import * as Hash from "effect/Hash"
import * as Utils from "effect/Utils"
import type { Ending, FunctionCalls, ModelError, Prompt, Reply } from "../Model.js"
import { example, type Material } from "./example.js"
import * as Reading from "./reading.js"
import { search } from "./search.js"

/** How a reply is made: the public module's, which imports this one. */
interface Constructors {
  readonly codeInterpreter: (input: string, logs: string) => Reply
  readonly functionCalls: (...calls: FunctionCalls["calls"]) => Reply
  readonly retrieval: Reply
  readonly text: (value: string, ending?: Partial<Ending>) => Reply
}

// -----------------------------------------------------------------------------
// functions
// -----------------------------------------------------------------------------

const names = (message: string, name: string): boolean => {
  for (let start = message.indexOf(name); start !== -1; start = message.indexOf(name, start + 1)) {
    const around = (message[start - 1] ?? " ") + (message[start + name.length] ?? " ")
    if (!/[\w-]/.test(around)) return true
  }
  return false
}

/** The text between quotation marks, or the start of the message without any. */
const subjectOf = (message: string): string => /"([^"]+)"/.exec(message)?.[1] ?? message.slice(0, 100)

/** What arguments consist of: what the message says and, with a seed, its choices. */
const materialOf = (seed: string | number | undefined, message: string, tools: Prompt["tools"]): Material => {
  const random = seed === undefined ? undefined : new Utils.PCGRandom(Hash.string(`${seed} ${message}`))
  return {
    text: subjectOf(message),
    said: message,
    reader: Reading.make(message, tools.flatMap((tool) => tool.type === "function" ? [tool.function.name] : [])),
    random: random && (() => random.number())
  }
}

const callsOf = (
  { toolCalls, toolChoice, tools }: Prompt,
  message: string,
  seed: string | number | undefined
): FunctionCalls["calls"] => {
  if (toolChoice === "none" || toolCalls.some(({ type }) => type === "function")) return []
  const functions = tools.flatMap((tool) => tool.type === "function" ? [tool.function] : [])
  const named = typeof toolChoice === "object"
    ? functions.filter(({ name }) => name === toolChoice.function?.name)
    : functions.filter(({ name }) => names(message, name))
  const chosen = named.length === 0 && toolChoice === "required" ? functions.slice(0, 1) : named
  return chosen.map(({ name, parameters = { type: "object" } }) => ({
    name,
    // Each function gets the entire message.
    arguments: JSON.stringify(example(parameters, materialOf(seed, message, tools)) ?? {})
  }))
}

// -----------------------------------------------------------------------------
// code
// -----------------------------------------------------------------------------

const operators: Readonly<Record<string, (a: number, b: number) => number>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b
}

interface Code {
  readonly input: string
  readonly logs: string
  /** The name of the file that it writes. */
  readonly filename?: string
}

const asksForFile = /\b(?:create|export|generate|make|save|write)\b.*\b(?:csv|file|json)\b/is
const asksForCode = /\b(?:calculate|code|compute|count|program|python|script)\b/i

/** The code that a text asks for: a file to write, the first sum, difference, product or quotient, or any. */
const codeOf = (message: string): Code | undefined => {
  if (asksForFile.test(message)) {
    const filename = `result.${/\b(?:csv|json)\b/i.exec(message)?.[0].toLowerCase() ?? "txt"}`
    return { input: `open("/mnt/data/${filename}", "w").write(${JSON.stringify(message)})`, logs: "", filename }
  }
  const found = /(\d{1,15}(?:\.\d{1,15})?) ?([-+*/]) ?(\d{1,15}(?:\.\d{1,15})?)/.exec(message)
  if (found !== null) {
    const [, a, operator, b] = found
    return { input: `print(${a} ${operator} ${b})`, logs: String(operators[operator!]!(Number(a), Number(b))) }
  }
  return asksForCode.test(message)
    ? { input: `print(len(${JSON.stringify(message)}))`, logs: String([...message].length) }
    : undefined
}

// -----------------------------------------------------------------------------
// reply
// -----------------------------------------------------------------------------

const outputsOf = ({ toolCalls }: Prompt): Array<string> =>
  toolCalls.flatMap((call) => {
    switch (call.type) {
      case "function":
        return [`${call.function.name} returned: ${call.function.output ?? ""}`]
      case "code_interpreter":
        return call.code_interpreter.outputs.flatMap((output) =>
          output.type === "logs" && output.logs !== "" ? [`${call.code_interpreter.input} wrote: ${output.logs}`] : []
        )
      case "retrieval":
        return []
    }
  })

export const make =
  ({ codeInterpreter, functionCalls, retrieval, text }: Constructors, seed?: string | number) =>
  (prompt: Prompt): Effect.Effect<Reply, ModelError> =>
    Effect.gen(function*() {
      const { format, messages, toolCalls, toolChoice, tools } = prompt
      const message = messages.findLast(({ role }) => role === "user")?.content ?? ""
      const has = (type: string) => toolChoice !== "none" && tools.some((tool) => tool.type === type)
      const used = (type: string) => toolCalls.some((call) => call.type === type)

      const calls = callsOf(prompt, message, seed)
      if (calls.length > 0) return functionCalls(...calls)

      const code = has("code_interpreter") ? codeOf(message) : undefined
      if (code !== undefined && !used("code_interpreter")) return codeInterpreter(code.input, code.logs)

      const [found] = has("retrieval") ? yield* search(prompt.files, message, 1) : []
      if (found !== undefined && !used("retrieval")) return retrieval

      if (typeof format === "object") return text(JSON.stringify(example(format, materialOf(seed, message, tools))))
      const outputs = outputsOf(prompt)
      const written = code?.filename
      if (written !== undefined) outputs.push("It is in the file")
      const response = outputs.length > 0 ? outputs.join("\n") : `You said: ${message}`
      if (format === "json_object") return text(JSON.stringify({ response }))
      if (written !== undefined) {
        const marker = `sandbox:/mnt/data/${written}`
        const lead = `${response} `
        const file = { start: lead.length, marker, filename: written, content: message }
        return text(lead + marker, { files: [file] })
      }
      if (found === undefined) return text(response)
      const { fileId, filename, quote } = found
      const lead = `${outputs.map((output) => `${output}\n`).join("")}${filename} says: ${quote}`
      const marker = "【0†source】"
      return text(lead + marker, { citations: [{ start: lead.length, marker, fileId, quote }] })
    })
