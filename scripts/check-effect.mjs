// Reports Effect diagnostics of all projects, and fails if there are any. The command of the language service loads the
// projects again after every 50 files, so this script loads all files once, as one program.
import { checkSourceFileWorker } from "@effect/language-service/effect-lsp-patch-utils.js"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"))
  }
}

/** The projects that a project refers to, and itself. */
const projects = new Map()

const add = (path) => {
  if (projects.has(path)) return
  const project = ts.getParsedCommandLineOfConfigFile(path, {}, host)
  projects.set(path, project)
  for (const reference of project.projectReferences ?? []) add(ts.resolveProjectReferencePath(reference))
}

const root = fileURLToPath(new URL("../tsconfig.json", import.meta.url))
add(root)

const files = new Set([...projects.values()].flatMap(({ fileNames }) => fileNames))
const program = ts.createProgram([...files], { ...projects.get(root).options, noEmit: true })

const diagnostics = []
for (const file of files) {
  const sourceFile = program.getSourceFile(file)
  // The severities of the root's plugin hold for all projects.
  checkSourceFileWorker(ts, program, sourceFile, program.getCompilerOptions(), (diagnostic) => {
    diagnostics.push(diagnostic)
  })
}

if (diagnostics.length > 0) {
  console.error(ts.formatDiagnosticsWithColorAndContext(diagnostics, {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: ts.sys.getCurrentDirectory,
    getNewLine: () => "\n"
  }))
  process.exitCode = 1
} else {
  console.log(`${files.size} files have no Effect diagnostics`)
}
