/** A processor that the program is there for, as Node names it. */
export type Architecture = keyof typeof PROGRAMS;

interface Program {
  /** `e_machine` of the ELF header. */
  readonly machine: number;
  readonly code: readonly number[];
}

/**
 * The two programs, by hand: each only waits, for good. Neither has a stack frame, data or a library, and neither ever
 * ends by itself; SIGKILL ends it.
 */
const PROGRAMS = {
  x64: {
    machine: 62, // EM_X86_64
    // pause(2) returns only when a signal was handled, and none is. Its number goes into eax.
    code: [
      ...[0xb8, 34, 0, 0, 0], //  mov eax, 34    pause
      ...[0x0f, 0x05], //         syscall
      ...[0xeb, 0xf7], //         jmp -9         back to the first instruction
    ],
  },
  arm64: {
    machine: 183, // EM_AARCH64
    // Linux has no pause(2) on this processor. ppoll(2) of no files, without a timeout or a signal mask, waits as well: all of
    // its arguments (x0 to x3) are zero, and its number goes into x8.
    code: [
      0xd2800000, // mov x0, #0     fds: none
      0xd2800001, // mov x1, #0     nfds
      0xd2800002, // mov x2, #0     tmo_p: for good
      0xd2800003, // mov x3, #0     sigmask: as it is
      0xd2800928, // mov x8, #73    ppoll
      0xd4000001, // svc #0
      0x17fffffa, // b -24          back to the first instruction
    ].flatMap(littleEndian),
  },
} as const satisfies Record<string, Program>;

const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const CODE_OFFSET = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;

/** Where static programs are usually loaded; any address is as good that the kernel lets a program have. */
const LOAD_ADDRESS = 0x400000;
/** The largest page of either processor: file offset and address must be equal modulo this. */
const ALIGNMENT = 0x10000;

export function isArchitecture(name: string): name is Architecture {
  return Object.hasOwn(PROGRAMS, name);
}

/**
 * A static executable for Linux that waits until it is killed. The whole file is one segment:
 *
 *     0    ELF header        64 bytes
 *     64   program header    56 bytes: load this file, headers and all, readable and executable
 *     120  code
 *
 * Source: "ELF-64 Object File Format", version 1.5; syscall numbers: syscalls(2) and the kernel's tables.
 */
export function anchorProgram(architecture: Architecture): Buffer {
  const { machine, code } = PROGRAMS[architecture];
  const file = Buffer.alloc(CODE_OFFSET + code.length);
  writeElfHeader(file, machine);
  writeProgramHeader(file.subarray(ELF_HEADER_BYTES), file.length);
  file.set(code, CODE_OFFSET);
  return file;
}

/** What is not written stays zero: there are no sections, and no flags. */
function writeElfHeader(header: Buffer, machine: number): void {
  header.write("\x7fELF", "latin1");
  header.writeUInt8(2, 4); // 64 bits
  header.writeUInt8(1, 5); // little-endian
  header.writeUInt8(1, 6); // version of the header
  header.writeUInt16LE(2, 16); // an executable at a fixed address
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20); // version of the file
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + CODE_OFFSET), 24); // the first instruction
  header.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32); // offset of the program headers
  header.writeUInt16LE(ELF_HEADER_BYTES, 52);
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  header.writeUInt16LE(1, 56); // count of program headers
}

function writeProgramHeader(header: Buffer, fileBytes: number): void {
  header.writeUInt32LE(1, 0); // to be loaded
  header.writeUInt32LE(0b101, 4); // readable and executable
  header.writeBigUInt64LE(0n, 8); // from the start of the file
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 16); // virtual address
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 24); // physical address, which means nothing here
  header.writeBigUInt64LE(BigInt(fileBytes), 32); // bytes in the file
  header.writeBigUInt64LE(BigInt(fileBytes), 40); // bytes in memory
  header.writeBigUInt64LE(BigInt(ALIGNMENT), 48);
}

function littleEndian(instruction: number): number[] {
  return [0, 8, 16, 24].map((shift) => (instruction >>> shift) & 0xff);
}
