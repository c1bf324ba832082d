// Refuses the wordings of `words.mjs` in Markdown, HTML, the descriptions of packages, the reasons of fixtures' verdicts, and
// the comments and strings of code. Strings without a space and `code` in backticks are identifiers and not checked.
// Arguments are the paths to check; default: all files of the repository. `--count` prints the number of hits by package.
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import ts from "typescript"
import { allowed, exempt, refused } from "./words.mjs"

const count = process.argv.includes("--count")
const paths = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))

/** A space in a pattern fits a line break too, and the marks that begin a line of a comment. */
const patterns = refused.map(([pattern, instead]) => [
  new RegExp(pattern.source.replaceAll(" ", "\\s+(?:(?:\\*|//|#|>)\\s+)*"), "gi"),
  instead
])

/** The comments and strings of a source file, as their texts with the offsets where they begin. */
const proseOfCode = (path, text) => {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const found = []
  const visit = (node) => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return
    const children = node.getChildren(source)
    if (children.length > 0) return children.forEach(visit)
    const start = node.getStart(source, false)
    if (start > node.pos) found.push([node.pos, text.slice(node.pos, start)])
    const own = text.slice(start, node.end)
    const isProse = ts.isStringLiteral(node) || ts.isJsxText(node) || ts.isTemplateLiteralToken(node)
    if (isProse && /\s/.test(own)) found.push([start, own])
  }
  visit(source)
  return found
}

/** The texts of a file that people read. */
const proseOf = (path, text) => {
  if (/\.[cm]?[jt]sx?$/.test(path)) return proseOfCode(path, text)
  if (/\.(md|html|svg|css)$/.test(path)) return [[0, text]]
  if (/(^|\/)package\.json$/.test(path)) {
    return Array.from(text.matchAll(/"description": ".*"/g), (match) => [match.index, match[0]])
  }
  if (/\/fixtures\/.*\.json$/.test(path)) {
    return Array.from(text.matchAll(/"reason": ".*"/g), (match) => [match.index, match[0]])
  }
  if (/(\.ya?ml|\.sh|\.gitignore|^\.ci\/run)$/.test(path)) {
    return Array.from(text.matchAll(/^\s*#.*(?:\n\s*#.*)*/gm), (match) => [match.index, match[0]])
  }
  return []
}

/** Code in backticks, without its letters. */
const withoutCode = (text) => text.replaceAll(/`[^`\s]+`/g, (code) => "`".repeat(code.length))

const matches = (path, glob) =>
  new RegExp(`^${glob.replaceAll(/[.+]/g, "\\$&").replace(/\*$/, ".*").replaceAll(/\*(?=\/)/g, "[^/]*")}$`).test(path)

const used = new Set()

const isAllowed = (path, line) =>
  allowed.some((entry) => {
    const fits = entry.path === path && line.includes(entry.text)
    if (fits) used.add(entry)
    return fits
  })

const hits = []
const files = paths.length > 0
  ? paths
  : execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" }).split("\n")
for (const path of files) {
  if (!existsSync(path) || exempt.some((glob) => matches(path, glob))) continue
  const text = readFileSync(path, "utf8")
  const lines = text.split("\n")
  for (const [offset, prose] of proseOf(path, text)) {
    let readable = withoutCode(prose)
    for (const [pattern, instead] of patterns) {
      // `matchAll` copies the pattern, which takes longer than the search in a short text.
      if (readable.search(pattern) === -1) continue
      const matched = Array.from(readable.matchAll(pattern))
      // A text is reported once, by the first pattern that it fits.
      readable = readable.replaceAll(pattern, (text) => "\u0000".repeat(text.length))
      for (const match of matched) {
        const number = text.slice(0, offset + match.index).split("\n").length
        if (isAllowed(path, lines[number - 1])) continue
        hits.push({ path, number, text: match[0].replaceAll(/\s+(?:(?:\*|\/\/|#|>)\s+)*/g, " "), instead })
      }
    }
  }
}

if (count) {
  const counts = new Map()
  for (const { path } of hits) {
    const name = /^packages\/[^/]+/.exec(path)?.[0] ?? path.split("/")[0]
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  for (const [name, number] of counts) console.log(`${String(number).padStart(6)} ${name}`)
} else {
  for (const { instead, number, path, text } of hits) console.error(`${path}:${number}: "${text}": write ${instead}`)
}

const unused = paths.length > 0 ? [] : allowed.filter((entry) => !used.has(entry))
for (const { path, text } of unused) console.error(`words.mjs allows "${text}" in ${path}, where it is not found`)

if (hits.length + unused.length > 0) process.exitCode = 1
