/**
 * Writes the pages where VitePress reads them.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import type { Site } from "./pages.js"
import { root } from "./sources.js"

/** The folder of the pages. It is not in git. */
export const pagesFolder = join(root, "packages/site/docs")

/** Writes the pages that changed, and removes those that are no longer there. */
export const write = ({ cookbook, guide, home, reference }: Site): void => {
  const pages = [home, ...[...guide, ...cookbook, ...reference].flatMap(({ pages }) => pages)]
  mkdirSync(join(pagesFolder, "public"), { recursive: true })
  const files = new Map(pages.map(({ path, text }) => [`${path}.md`, text]))
  for (const file of readdirSync(pagesFolder, { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".md") && !files.has(file)) rmSync(join(pagesFolder, file))
  }
  for (const [file, text] of files) {
    const path = join(pagesFolder, file)
    mkdirSync(dirname(path), { recursive: true })
    if (!sameAs(path, text)) writeFileSync(path, text)
  }
  const images = [
    "packages/bench/results/chart.svg",
    "packages/emulator/docker/nodes.svg",
    "packages/emulator/pages/icon.svg"
  ]
  for (const image of images) {
    cpSync(join(root, image), join(pagesFolder, "public", basename(image)))
  }
}

const sameAs = (path: string, text: string): boolean => {
  try {
    return readFileSync(path, "utf8") === text
  } catch {
    return false
  }
}
