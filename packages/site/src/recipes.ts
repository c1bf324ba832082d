/**
 * What the pages of the cookbook have in addition to their text: programs, the list of all recipes, and the number of lines of
 * the helpdesks.
 */
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { helpdesks, recipes, repository, root } from "./sources.js"

const read = (path: string) => readFileSync(join(root, path), "utf8")

/** The lines of a program that are not blank and not comments. */
const linesOf = (code: string): number =>
  code.replaceAll(/^ *\/\*\*.*?\*\/$/gms, "").split("\n").filter((line) => !/^ *(\/\/.*)?$/.test(line)).length

const lines = (): string =>
  [
    "| Over | Lines |",
    "|---|--:|",
    ...helpdesks.map(([path, title]) => `| ${title} | ${linesOf(read(path))} |`)
  ].join("\n")

const list = (): string =>
  recipes.map((name) => {
    const [, title, first] = /^# ([^\n]*)\n\n(.*?)\n\n/s.exec(read(`packages/site/cookbook/${name}.md`))!
    return `### [${title}](./${name}.md)\n\n${first}`
  }).join("\n\n")

/** Replaces the marks of a page. A program must exist, and have the region that the page shows. */
export const withPrograms = (source: string, text: string, dead: (link: string) => void): string =>
  text
    .replace("<!-- recipes -->", list)
    .replace("<!-- lines -->", lines)
    .replaceAll(/^<<< (\S+?)(#\w+)?$/gm, (mark: string, link: string, region = "") => {
      const path = normalize(join(dirname(source), link))
      if (!existsSync(join(root, path)) || region !== "" && !read(path).includes(`// #region ${region.slice(1)}\n`)) {
        dead(mark)
        return mark
      }
      const snippet = `<<< ${join(root, path)}${region}`
      return region === "" ? `${snippet}\n\n<small>[${path}](${repository}/blob/main/${path})</small>` : snippet
    })
