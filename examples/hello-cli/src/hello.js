// A command for the terminal: says hello, prints its arguments, and shows the three ways a command can end.
import environment from 'wasi:cli/environment@0.2.12'
import exit from 'wasi:cli/exit@0.2.12'
import stderr from 'wasi:cli/stderr@0.2.12'
import stdout from 'wasi:cli/stdout@0.2.12'
import preopens from 'wasi:filesystem/preopens@0.2.12'

export const run = {
  run() {
    const args = environment.getArguments()
    const variables = new Map(environment.getEnvironment())
    print(`${variables.get('GREETING') ?? 'hello'} from a component`)
    print(`arguments: ${JSON.stringify(args)}`) // whether the first is the program's own name is the host's choice

    const file = args[args.indexOf('--cat') + 1]
    if (args.includes('--cat') && file !== undefined) printFile(file)

    if (args.includes('--exit')) exit.exit({ tag: 'err' })
    if (args.includes('--fail')) {
      complain('failing, as asked')
      throw undefined // `run` returns a result whose error carries nothing
    }
  },
}

/** Prints a file of the first directory the host grants; without a grant there is none to look in. */
function printFile(path) {
  const granted = preopens.getDirectories()
  if (granted.length === 0) return print('no directory was granted')
  const [directory] = granted[0]
  try {
    const file = directory.openAt({ symlinkFollow: true }, path, {}, { read: true })
    const [bytes] = file.read(65536, 0)
    stdout.getStdout().blockingWriteAndFlush(bytes)
  } catch (error) {
    print(`cannot read ${path}: ${error.payload ?? error}`)
  }
}

function print(line) {
  stdout.getStdout().blockingWriteAndFlush(utf8(`${line}\n`))
}

function complain(line) {
  stderr.getStderr().blockingWriteAndFlush(utf8(`${line}\n`))
}

/** QuickJS has no TextEncoder. */
function utf8(text) {
  return Uint8Array.from(unescape(encodeURIComponent(text)), (character) => character.charCodeAt(0))
}
