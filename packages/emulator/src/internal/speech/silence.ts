import { bigEndian, join, littleEndian } from "../bytes.js"
import { sampleRate } from "./waveform.js"

// Compressed formats. Without a compressor, their audio is silence of the right duration.

const framesIn = (duration: number, samplesPerFrame: number, rate = sampleRate): number =>
  Math.max(1, Math.ceil(duration * rate / samplesPerFrame))

/** A frame several times, in chunks. */
function* repeated(frame: Uint8Array, count: number): Generator<Uint8Array> {
  const perChunk = 1000
  for (let left = count; left > 0; left -= perChunk) {
    yield join(...Array.from({ length: Math.min(left, perChunk) }, () => frame))
  }
}

// -----------------------------------------------------------------------------
// MP3 and AAC
// -----------------------------------------------------------------------------

/** A size of which each byte has 7 bits. */
const syncSafe = (value: number) => Array.from({ length: 4 }, (_, index) => (value >>> (7 * (3 - index))) & 127)

/** A tag of ID3v2.4 with a comment in UTF-8. */
const id3 = (comment: Uint8Array): Uint8Array => {
  const content = join([3], "eng", [0], comment)
  const frame = join("COMM", syncSafe(content.length), [0, 0], content)
  return join("ID3", [4, 0, 0], syncSafe(frame.length), frame)
}

/** MPEG-2 Layer III with 8 kbit/s: a header, and side information that has no data. */
const mp3Frame = join([0xff, 0xf3, 0x14, 0xc0], new Uint8Array(20))

export function* mp3(comment: Uint8Array, duration: number): Generator<Uint8Array> {
  yield id3(comment)
  yield* repeated(mp3Frame, framesIn(duration, 576))
}

/** AAC-LC in ADTS: a header of 7 bytes, and one channel without sound. */
const aacFrame = join([0xff, 0xf1, 0x58, 0x40, 0x01, 0xbf, 0xfc], [0x00, 0xc8, 0x00, 0x80, 0x23, 0x80])

export function* aac(comment: Uint8Array, duration: number): Generator<Uint8Array> {
  yield id3(comment)
  yield* repeated(aacFrame, framesIn(duration, 1024))
}

// -----------------------------------------------------------------------------
// FLAC and Opus
// -----------------------------------------------------------------------------

/** A checksum by the bits of a polynomial, the highest first. */
const checksum = (bytes: Uint8Array, width: number, polynomial: number): number => {
  const top = 2 ** (width - 1)
  let value = 0
  for (const byte of bytes) {
    value = (value ^ (byte * 2 ** (width - 8))) >>> 0
    for (let bit = 0; bit < 8; bit++) {
      const shifted = (value * 2) % 2 ** width
      value = value >= top ? (shifted ^ polynomial) >>> 0 : shifted
    }
  }
  return value
}

/** The comments of Vorbis: the name of the program, and one comment. */
const vorbisComments = (comment: Uint8Array): Uint8Array => {
  const sized = (...parts: ReadonlyArray<string | Uint8Array>) => {
    const bytes = join(...parts)
    return join(littleEndian(bytes.length, 4), bytes)
  }
  return join(sized("emulator"), littleEndian(1, 4), sized("DESCRIPTION=", comment))
}

const flacBlock = 4096

/** A block whose samples are all zero. */
const flacFrame = (index: number): Uint8Array => {
  const header = join([0xff, 0xf8, 0xc7, 0x08], String.fromCodePoint(index))
  const frame = join(header, [checksum(header, 8, 0x07)], [0, 0, 0])
  return join(frame, bigEndian(checksum(frame, 16, 0x8005), 2))
}

export function* flac(comment: Uint8Array, duration: number): Generator<Uint8Array> {
  const frames = framesIn(duration, flacBlock)
  const comments = vorbisComments(comment)
  yield join(
    "fLaC",
    [0, 0, 0, 34],
    bigEndian(flacBlock, 2),
    bigEndian(flacBlock, 2),
    new Uint8Array(6),
    // 20 bits of the rate, 3 of the channels less one, 5 of the bits of a sample less one, 36 of the number of samples.
    bigEndian(sampleRate * 2 ** 12 + 15 * 2 ** 4, 4),
    bigEndian(frames * flacBlock, 4),
    new Uint8Array(16),
    [0x84],
    bigEndian(comments.length, 3),
    comments
  )
  for (let index = 0; index < frames; index++) yield flacFrame(index)
}

/** A page of Ogg. A packet of 255 bytes or more has several segments. */
const oggPage = (flags: number, granule: number, sequence: number, packets: ReadonlyArray<Uint8Array>): Uint8Array => {
  const segments = packets.flatMap(({ length }) => [
    ...Array.from({ length: Math.floor(length / 255) }, () => 255),
    length % 255
  ])
  const page = join(
    "OggS",
    [0, flags],
    littleEndian(granule, 8),
    littleEndian(1, 4),
    littleEndian(sequence, 4),
    new Uint8Array(4),
    [segments.length],
    segments,
    ...packets
  )
  page.set(littleEndian(checksum(page, 32, 0x04c11db7), 4), 22)
  return page
}

/** 20 ms without sound. Opus counts 48,000 samples a second in any case. */
const opusPacket = Uint8Array.of(0xf8, 0xff, 0xfe)
const opusRate = 48_000
const opusSamples = 960
const packetsPerPage = 50

export function* opus(comment: Uint8Array, duration: number): Generator<Uint8Array> {
  const packets = framesIn(duration, opusSamples, opusRate)
  yield oggPage(2, 0, 0, [
    join("OpusHead", [1, 1], littleEndian(0, 2), littleEndian(sampleRate, 4), littleEndian(0, 3))
  ])
  yield oggPage(0, 0, 1, [join("OpusTags", vorbisComments(comment))])
  for (let sent = 0, sequence = 2; sent < packets; sequence++) {
    const count = Math.min(packetsPerPage, packets - sent)
    sent += count
    const flags = sent === packets ? 4 : 0
    yield oggPage(flags, sent * opusSamples, sequence, Array.from({ length: count }, () => opusPacket))
  }
}
