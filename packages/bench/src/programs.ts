/** Programs that make one call, bundled as a user would, to measure their size and their start. */
import { build, type BuildResult, type Plugin, transform } from "esbuild"
import { spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { createRequire } from "node:module"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"

/** In the order of the tables. The floor is a program on Effect without any client. */
export const programs = {
  fetch: "raw fetch",
  undici: "raw undici",
  "openai-4": "openai 4.33",
  "openai-6": "openai 6",
  "openai-7": "openai 7",
  "effect-ai-openai": "@effect/ai-openai",
  floor: "floor: effect, FetchHttpClient, Schema",
  "effect-openai": "ours"
} as const

export type Program = keyof typeof programs

export const programNames = Object.keys(programs) as ReadonlyArray<Program>

/** Programs that use everything, to measure the cost of their types. */
export const typedPrograms = {
  "openai-4": "openai 4.33",
  "openai-6": "openai 6",
  "openai-7": "openai 7",
  "effect-ai-openai": "@effect/ai-openai",
  floor: "floor: effect, platform",
  "effect-openai": "ours"
} as const

export type TypedProgram = keyof typeof typedPrograms

export const typedProgramNames = Object.keys(typedPrograms) as ReadonlyArray<TypedProgram>

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

const cache = path("../node_modules/.cache/bench")

// -----------------------------------------------------------------------------
// bundles
// -----------------------------------------------------------------------------

const packages = path("../..")

/** Resolves our packages to their published form: compiled, with pure calls marked. In the repository their names resolve to the sources. */
const published: Plugin = {
  name: "published",
  setup: ({ onResolve }) => {
    onResolve({ filter: /^@effect-openai\// }, ({ path }) => {
      const [, name, module = "index"] = path.split("/")
      return { path: `${packages}/${name}/dist/${module}.js`, sideEffects: false }
    })
  }
}

/** The entry of a bundle: a program, or source text. */
export type Source = { readonly program: Program } | { readonly text: string }

export interface Options {
  readonly platform: "browser" | "node"
  readonly external?: Array<string>
  readonly minify?: boolean
  readonly minifyIdentifiers?: boolean
  readonly minifySyntax?: boolean
  readonly outfile?: string
}

type Bundle = BuildResult<{ metafile: true; write: false }>

export const bundle = (source: Source, options: Options): Promise<Bundle> =>
  build({
    ...("text" in source
      ? { stdin: { contents: source.text, resolveDir: path(".") } }
      : { entryPoints: [path(`programs/${source.program}.ts`)] }),
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    plugins: [published],
    metafile: true,
    write: false,
    logLevel: "warning",
    ...options
  })

export const codeOf = (bundle: Bundle): Uint8Array => bundle.outputFiles[0]!.contents

export const gzipped = (code: Uint8Array): number => gzipSync(code, { level: 9 }).length

/** Returns the modules of a bundle, and how many bytes (gzip) the bundle would lose without each. */
export const modulesOf = async (source: Source, options: Options) => {
  const complete = await bundle(source, {
    ...options,
    minify: false,
    minifyIdentifiers: true,
    minifySyntax: true
  })
  // Without `minifyWhitespace` esbuild writes a comment before each module.
  const parts = new TextDecoder().decode(codeOf(complete)).split(/^(?=\/\/ \S+\.[cm]?[jt]s$)/m)
  const sizeOf = async (parts: ReadonlyArray<string>) => {
    const { code } = await transform(parts.join(""), {
      minifyWhitespace: true,
      legalComments: "none",
      target: "es2022"
    })
    return gzipped(new TextEncoder().encode(code))
  }
  const size = await sizeOf(parts)
  const pathOf = (part: string) => /^\/\/ (\S+)/.exec(part)?.[1]
  const modules: Array<{ readonly path: string; readonly saved: number }> = []
  for (const path of new Set(parts.map(pathOf))) {
    if (path?.includes("/dist/") && !path.includes("node_modules")) {
      modules.push({ path, saved: size - await sizeOf(parts.filter((part) => pathOf(part) !== path)) })
    }
  }
  return modules
}

/** A part of a bundle that could be left out: the code of some modules, or a replacement of text in the modules. */
export type Piece = { readonly modules: ReadonlyArray<string> } | {
  readonly pattern: RegExp
  readonly replacement: string
}

/** Returns how many bytes (gzip) a bundle would lose without each of the pieces, and without all of them. */
export const piecesOf = async (
  source: Source,
  options: Options,
  pieces: { readonly [name: string]: Piece }
): Promise<ReadonlyArray<{ readonly name: string; readonly saved: number }>> => {
  const complete = new TextDecoder().decode(codeOf(await bundle(source, { ...options, minify: false })))
  const moduleOf = (part: string) => /^\/\/ \S*packages\/(\w+)\/dist\/(\S+)\.js$/m.exec(part)?.slice(1).join("/")
  const sizeOf = async (code: string) => {
    const minified = await transform(code, { minify: true, format: "esm", target: "es2022", legalComments: "none" })
    return gzipped(new TextEncoder().encode(minified.code))
  }
  const without = (code: string, piece: Piece) =>
    code.split(/^(?=\/\/ \S+\.[cm]?[jt]s$)/m).map((part) => {
      const module = moduleOf(part)
      if (module === undefined) return part
      if ("pattern" in piece) return part.replace(piece.pattern, piece.replacement)
      return piece.modules.some((name) => name.endsWith("*") ? module.startsWith(name.slice(0, -1)) : module === name)
        ? ""
        : part
    }).join("")
  const size = await sizeOf(complete)
  const rows: Array<{ readonly name: string; readonly saved: number }> = []
  const entries = Object.entries(pieces)
  for (const [name, piece] of entries) {
    const code = without(complete, piece)
    if (code === complete) throw new Error(`The bundle has no code of ${name}`)
    rows.push({ name, saved: size - await sizeOf(code) })
  }
  const rest = entries.reduce((code, [, piece]) => without(code, piece), complete)
  return [...rows, { name: "all", saved: size - await sizeOf(rest) }]
}

// -----------------------------------------------------------------------------
// processes
// -----------------------------------------------------------------------------

const reportCpu = `${cache}/report-cpu.cjs`

/** Runs Node with the arguments until it exits. Returns its output and its CPU time. */
const run = async (args: ReadonlyArray<string>, env: Record<string, string> = {}) => {
  mkdirSync(cache, { recursive: true })
  writeFileSync(
    reportCpu,
    `process.on("exit", () => {
      const { user, system } = process.cpuUsage()
      require("node:fs").writeSync(3, String(user + system))
    })`
  )
  const child = spawn(process.execPath, ["--require", reportCpu, ...args], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit", "pipe"]
  })
  const [printed, cpu] = await Promise.all([text(child.stdio[1]!), text(child.stdio[3] as NodeJS.ReadableStream)])
  return { printed, cpuMicros: Number(cpu) }
}

const startable = (program: Program): string => `${cache}/programs/${program}.mjs`

/** Bundles the programs for Node. CommonJS inside a bundled module needs `require`. */
export const compilePrograms = async (): Promise<void> => {
  for (const program of programNames) {
    await build({
      entryPoints: [path(`programs/${program}.ts`)],
      outfile: startable(program),
      bundle: true,
      minify: true,
      format: "esm",
      target: "node20",
      platform: "node",
      plugins: [published],
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);` },
      logLevel: "warning"
    })
  }
}

/** Starts a program once, and returns its total CPU time. */
export const start = async (program: Program, origin: string, expected: string): Promise<number> => {
  const { cpuMicros, printed } = await run([startable(program)], {
    OPENAI_API_KEY: "sk-bench",
    OPENAI_BASE_URL: `${origin}/start/1/${program === "effect-ai-openai" ? "v2" : "v1"}`
  })
  if (printed.trim() !== expected) throw new Error(`${program} printed ${printed}`)
  return cpuMicros
}

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc")

const figure = (printed: string, name: string): number => {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(printed)?.[1]
  if (found === undefined) throw new Error(`tsc did not print ${name}: ${printed}`)
  return Number(found)
}

/** Checks the types of a program that uses everything, as a user's `tsc` does, with the declarations of our packages. */
export const checkTypes = async (program: TypedProgram) => {
  // In the package, whose dependencies it imports.
  const config = path(`../node_modules/.cache/bench/${program}.tsconfig.json`)
  mkdirSync(cache, { recursive: true })
  writeFileSync(
    config,
    JSON.stringify({
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        target: "ES2022",
        lib: ["ES2023", "DOM", "DOM.Iterable"],
        module: "NodeNext",
        skipLibCheck: true,
        noEmit: true,
        types: ["node"],
        typeRoots: [path("../../../node_modules/@types")],
        paths: {
          "@effect-openai/core": [`${packages}/core/dist/index.d.ts`],
          "@effect-openai/client": [`${packages}/client/dist/index.d.ts`],
          "@effect-openai/core/*": [`${packages}/core/dist/*.d.ts`]
        }
      },
      files: [path(`typed/${program}.ts`)]
    })
  )
  const { cpuMicros, printed } = await run([tsc, "--project", config, "--extendedDiagnostics"])
  if (printed.includes("error TS")) throw new Error(printed)
  return {
    cpuMicros,
    instantiations: figure(printed, "Instantiations"),
    types: figure(printed, "Types"),
    memoryKilobytes: figure(printed, "Memory used")
  }
}
