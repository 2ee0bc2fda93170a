/* Answers with the CRC-32 of the body, as `cksum -a crc32b` and zip know it, and with its length. */
#include <stdint.h>
#include <stdio.h>

/* Polynomial 0x04C11DB7, bits reversed. Source: ISO 3309. */
static uint32_t crc_of_byte(uint32_t crc, uint8_t byte) {
  crc ^= byte;
  for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & -(crc & 1u));
  return crc;
}

int main(void) {
  uint8_t part[65536];
  uint32_t crc = 0xFFFFFFFFu;
  unsigned long long length = 0;
  for (size_t count; (count = fread(part, 1, sizeof part, stdin)) > 0; length += count) {
    for (size_t i = 0; i < count; i++) crc = crc_of_byte(crc, part[i]);
  }
  printf("{\"crc32\":\"%08x\",\"length\":%llu}\n", ~crc, length);
  return ferror(stdin) ? 1 : 0;
}
