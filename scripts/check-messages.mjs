// Compiles mistakes that users make, and checks that the first two lines of each error name what is wrong and what is
// expected.
import ts from "typescript"
import { userOptions } from "./userOptions.mjs"

/** The imports of the mistakes of a package. */
const imports = {
  client: `import { Assistants, ChatCompletions, Files, OpenAiClient, Runs, Tool } from "@effect-openai/client"
import { Effect, Layer, Redacted, Schema } from "effect"
`,
  emulator: `import { Emulator, Ids, Script } from "@effect-openai/emulator"
import { Effect } from "effect"
`,
  ai: `import { OpenAiEmbeddingModel, OpenAiLanguageModel, OpenAiTokenizer } from "@effect-openai/ai"
import { LanguageModel, Tool, Toolkit } from "@effect/ai"
import { Effect, Layer, Schema } from "effect"
const Weather = Toolkit.make(Tool.make("weather", { parameters: { city: Schema.String }, success: Schema.String }))
`
}
const messages = "messages: [{ role: \"user\", content: \"Hi\" }]"
const ids = "thread_id: \"thread_1\", assistant_id: \"asst_1\""

/** The mistakes with a package: a title, the code, and what the first two lines have in them. */
const mistakesOf = {
  client: [
    ["a misspelled field", "Assistants.create({ model: \"gpt-4o\", instruction: \"Be brief\" })", [
      /'instruction' does not exist/,
      /Did you mean to write 'instructions'/
    ]],
    ["a field of another type", "Assistants.create({ model: \"gpt-4o\", name: 1 })", [/'number'/, /'string/]],
    ["a field that is missing", "Assistants.create({ name: \"Ada\" })", [/'model' is missing/]],
    [
      "a field of an object within",
      `ChatCompletions.create({ model: "gpt-4o", messages: [{ role: "user", contnt: "Hi" }] })`,
      [
        /contnt/,
        /content/
      ]
    ],
    ["a wrong literal", "Assistants.list({ order: \"ascending\" })", [/"ascending"/, /"asc" \| "desc"/]],
    ["a wrong literal of a tool", "Assistants.create({ model: \"gpt-4o\", tools: [{ type: \"retriever\" }] })", [
      /"retriever"/,
      /"retrieval"/
    ]],
    ["a wrong role", `ChatCompletions.create({ model: "gpt-4o", messages: [{ role: "usr", content: "Hi" }] })`, [
      /"usr"/,
      /"user"/
    ]],
    ["a request without its identifier", `Runs.retrieve({ thread_id: "thread_1" })`, [/'run_id' is missing/]],
    ["bytes instead of a file", "Files.upload({ file: new Uint8Array(), purpose: \"assistants\" })", [
      /Uint8Array/,
      /FileSource/
    ]],
    ["a program without the client", "Effect.runPromise(Assistants.list())", [/OpenAiClient/, /never/]],
    [
      "a client without a transport",
      "Effect.runPromise(Effect.provide(Assistants.list(), OpenAiClient.layer({ apiKey: Redacted.make(\"key\") })))",
      [/HttpClient/, /never/]
    ],
    ["a key that is not redacted", "OpenAiClient.layer({ apiKey: \"key\" })", [/'string'/, /Redacted<string>/]],
    [
      "a handler that returns no Effect",
      "Tool.make(\"weather\", { parameters: Schema.Struct({ city: Schema.String }), handler: ({ city }) => city })",
      [/'string'/, /Effect<unknown/]
    ],
    [
      "a handler that reads another parameter",
      "Tool.make(\"weather\", { parameters: Schema.Struct({ city: Schema.String }), handler: ({ town }) => Effect.succeed(town) })",
      [/'town' does not exist/, /city: string/]
    ],
    [
      "a tool with its handler in the request",
      `const now = Tool.make("now", { parameters: Schema.Struct({}), handler: () => Effect.succeed("noon") })
ChatCompletions.runTools({ model: "gpt-4o", ${messages}, tools: [now] }, [])`,
      [/Pass tools with handlers as the second argument/]
    ],
    [
      "a service that a handler needs",
      `class Stations extends Effect.Tag("Stations")<Stations, { readonly all: Effect.Effect<string> }>() {}
const stations = Tool.make("stations", { parameters: Schema.Struct({}), handler: () => Stations.all })
const client: Layer.Layer<OpenAiClient.OpenAiClient> = null!
Effect.runPromise(Effect.provide(Runs.runTools({ ${ids} }, [stations]), client))`,
      [/Stations/, /never/]
    ]
  ],
  emulator: [
    ["a misspelled option", "Emulator.layer({ seeds: 1 })", [/'seeds' does not exist/, /Options/]],
    ["text instead of a clock", "Emulator.layer({ clock: \"2024-04-15\" })", [/string/, /Clock/]],
    ["a script with a wrong field", "Script.layer({ turns: [{ replies: [{ txt: \"Hi\" }] }] })", [/txt/, /text/]],
    ["a name instead of a profile", "Emulator.layer({ profile: \"vllm\" })", [/string/, /Profile/]]
  ],
  ai: [
    [
      "a model without its client",
      "Effect.runPromise(Effect.provide(LanguageModel.generateText({ prompt: \"Hi\" }), OpenAiLanguageModel.layer({ model: \"gpt-4o\" })))",
      [/OpenAiClient/, /never/]
    ],
    ["a program without a model", "Effect.runPromise(LanguageModel.generateText({ prompt: \"Hi\" }))", [
      /LanguageModel/,
      /never/
    ]],
    ["a misspelled setting", "OpenAiLanguageModel.layer({ model: \"gpt-4o\", config: { temperatur: 1 } })", [
      /temperatur/,
      /temperature/
    ]],
    ["a wrong setting", "OpenAiLanguageModel.layer({ model: \"gpt-4o\", config: { reasoning_effort: \"maximum\" } })", [
      /"maximum"/,
      /"high"/
    ]],
    ["a model without a name", "OpenAiLanguageModel.layer({})", [/'model' is missing/]],
    ["a wrong encoding", "OpenAiTokenizer.layer({ model: \"gpt-4o\", encoding: \"o200k\" })", [/"o200k"/, /Encoding/]],
    ["a handler that returns another type", "Weather.toLayer({ weather: ({ city }) => Effect.succeed(city.length) })", [
      /number/,
      /string/
    ]],
    ["a handler that is missing", "Weather.toLayer({})", [/HandlersFrom/, /weather/]],
    ["a handler that reads another parameter", "Weather.toLayer({ weather: ({ town }) => Effect.succeed(town) })", [
      /'town' does not exist/,
      /city: string/
    ]],
    [
      "a toolkit without its handlers",
      "const model: Layer.Layer<LanguageModel.LanguageModel> = null!\nEffect.runPromise(Effect.provide(LanguageModel.generateText({ prompt: \"Hi\", toolkit: Weather }), model))",
      [/weather/, /never/]
    ]
  ]
}
const mistakes = Object.entries(mistakesOf).flatMap(([name, all]) => all.map((mistake) => [name, ...mistake]))

const packages = new URL("../packages/", import.meta.url).pathname
const sources = new Map(
  mistakes.map(([name, , code], index) => [`${packages}${name}/messages/${index}.ts`, `${imports[name]}\n${code}\n`])
)
const host = ts.createCompilerHost(userOptions)
const { fileExists, getSourceFile, readFile } = host
host.fileExists = (name) => sources.has(name) || fileExists(name)
host.readFile = (name) => sources.get(name) ?? readFile(name)
host.getSourceFile = (name, ...rest) =>
  sources.has(name) ? ts.createSourceFile(name, sources.get(name), rest[0], true) : getSourceFile(name, ...rest)
const program = ts.createProgram([...sources.keys()], userOptions, host)

const show = process.argv.includes("--show")
let failed = 0
mistakes.forEach(([name, title, , expected], index) => {
  const source = program.getSourceFile([...sources.keys()][index])
  const [diagnostic] = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
  const lines = diagnostic === undefined
    ? []
    : ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n").split("\n").slice(0, 2)
  const missing = expected.filter((pattern) => !pattern.test(lines.join("\n")))
  if (missing.length > 0) failed += 1
  if (missing.length > 0 || show) {
    console.log(
      `${name}, ${title}: ${missing.length > 0 ? `lacks ${missing.join(", ")}` : "fits"}\n${lines.join("\n")}\n`
    )
  }
})
console.log(`${mistakes.length - failed} of ${mistakes.length} mistakes have an error that names them`)
if (failed > 0) process.exitCode = 1
