/* SPDX-License-Identifier: MIT */
/*
 * The compression function of BLAKE2s (RFC 7693 section 3.2) for ARMv7-M.
 *
 * Rows a, b and d of the working vector live in registers; a word of row c is taken from the stack
 * for each mixing and put back, unless the next one needs the same. No rotation is an instruction:
 * the words of b and d are kept as they were before their last rotation, which the barrel shifter
 * makes wherever they are read. In the comments, "b ror 7" says that the word of RFC 7693 is the
 * register rotated right by 7. The ten rounds are written out, so the message words of each are
 * loads at fixed places and no address depends on data.
 */
#ifndef __ARM_FEATURE_UNALIGNED
#error "words are read at any alignment; build without -mno-unaligned-access"
#endif

	.syntax unified
	.thumb

/* The frame. */
#define M 0			/* the block's sixteen words */
#define C 64			/* row c */
#define STATE 80
#define BLOCK 84
#define COUNT 88
#define STEP 92
#define LAST 96
#define FRAME 104

/* The mixing function G of RFC 7693 section 3.1 with row c's word \c in r12. In and out: b ror \rb,
 * d ror \rd; out: b ror 7, d ror 8. \held: of "in", r12 has the word already, and "out", it stays.
 * */
.macro mix a, b, c, d, x, y, held=none, rb=ror #7, rd=ror #8
.ifnc \held, in
	ldr	r12, [sp, #C + 4 * \c]
.endif
	ldr	lr, [sp, #M + 4 * \x]
	add	\a, \a, lr
	add	\a, \a, \b, \rb
	eor	\d, \a, \d, \rd
	add	r12, r12, \d, ror #16
	eor	\b, r12, \b, \rb
	ldr	lr, [sp, #M + 4 * \y]
	add	\a, \a, lr
	add	\a, \a, \b, ror #12
	eor	\d, \a, \d, ror #16
	add	r12, r12, \d, ror #8
	eor	\b, r12, \b, ror #12
.ifnc \held, out
	str	r12, [sp, #C + 4 * \c]
.endif
.endm

/* A round with the message words in the order that RFC 7693 section 2.7 gives. The mixings of a
 * half are independent; they are made in an order that lets a word of row c stay for the next. */
.macro round s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, s12, s13, s14, s15
	mix	r0, r4, 0, r8, \s0, \s1, in
	mix	r1, r5, 1, r9, \s2, \s3
	mix	r3, r7, 3, r11, \s6, \s7
	mix	r2, r6, 2, r10, \s4, \s5, out
	diagonals \s8, \s9, \s10, \s11, \s12, \s13, \s14, \s15
.endm

.macro diagonals s8, s9, s10, s11, s12, s13, s14, s15
	mix	r0, r5, 2, r11, \s8, \s9, in
	mix	r1, r6, 3, r8, \s10, \s11
	mix	r3, r4, 1, r10, \s14, \s15
	mix	r2, r7, 0, r9, \s12, \s13, out
.endm

/*
 * void zwg_blake2s_compress(struct zwg_blake2s *state, const uint8_t *block, size_t count,
 *			     uint32_t step, uint32_t last)
 *
 * Compresses count blocks into state->h (its first eight words), each of which adds step bytes to
 * the counter state->t (the next two). last is all ones for the final block, else 0.
 */
	.section .text.zwg_blake2s_compress, "ax", %progbits
	.balign	4
.Liv:					/* RFC 7693 section 2.6 */
	.word	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a
	.word	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
	.global	zwg_blake2s_compress
	.type	zwg_blake2s_compress, %function
	.thumb_func
zwg_blake2s_compress:
	cbnz	r2, 0f
	bx	lr
0:
	push	{r4-r11, lr}
	ldr	r12, [sp, #36]
	sub	sp, sp, #FRAME
	str	r0, [sp, #STATE]
	str	r2, [sp, #COUNT]
	str	r3, [sp, #STEP]
	str	r12, [sp, #LAST]

.Lblock:
	/* r1: the block, at any alignment */
	ldr	r4, [r1]
	ldr	r5, [r1, #4]
	ldr	r6, [r1, #8]
	ldr	r7, [r1, #12]
	ldr	r8, [r1, #16]
	ldr	r9, [r1, #20]
	ldr	r10, [r1, #24]
	ldr	r11, [r1, #28]
	stm	sp, {r4-r11}
	ldr	r4, [r1, #32]
	ldr	r5, [r1, #36]
	ldr	r6, [r1, #40]
	ldr	r7, [r1, #44]
	ldr	r8, [r1, #48]
	ldr	r9, [r1, #52]
	ldr	r10, [r1, #56]
	ldr	r11, [r1, #60]
	add	r1, r1, #64
	str	r1, [sp, #BLOCK]
	add	r1, sp, #32
	stm	r1, {r4-r11}

	/* Row d: the initial values with the counter, which moves on, and the last block's mark. */
	ldr	lr, [sp, #STATE]
	ldr	r12, [sp, #STEP]
	ldrd	r8, r9, [lr, #32]
	adds	r8, r8, r12
	adc	r9, r9, #0
	strd	r8, r9, [lr, #32]
	adr	r12, .Liv
	ldm	r12, {r0-r7}
	add	r12, sp, #C
	stm	r12, {r0-r3}
	eor	r8, r8, r4
	eor	r9, r9, r5
	ldr	r10, [sp, #LAST]
	eor	r10, r10, r6
	mov	r11, r7
	mov	r12, r0
	ldm	lr, {r0-r7}

	/* Round 0 begins with b and d that are not rotated: the same as rotated by 32. */
	mix	r0, r4, 0, r8, 0, 1, in, lsl #0, lsl #0
	mix	r1, r5, 1, r9, 2, 3, none, lsl #0, lsl #0
	mix	r3, r7, 3, r11, 6, 7, none, lsl #0, lsl #0
	mix	r2, r6, 2, r10, 4, 5, out, lsl #0, lsl #0
	diagonals 8, 9, 10, 11, 12, 13, 14, 15
	round	14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3
	round	11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4
	round	7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8
	round	9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13
	round	2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9
	round	12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11
	round	13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10
	round	6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5
	round	10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0

	/* h[i] ^= v[i] ^ v[i + 8]; as b ror 7 ^ d ror 8 is (b ^ d ror 1) ror 7, once rotated. */
	eor	r0, r0, r12
	ldr	r12, [sp, #C + 4]
	ldr	lr, [sp, #C + 8]
	eor	r1, r1, r12
	eor	r2, r2, lr
	ldr	r12, [sp, #C + 12]
	ldr	lr, [sp, #STATE]
	eor	r3, r3, r12
	eor	r4, r4, r8, ror #1
	eor	r5, r5, r9, ror #1
	eor	r6, r6, r10, ror #1
	eor	r7, r7, r11, ror #1
	ldm	lr, {r8-r11}
	eor	r8, r8, r0
	eor	r9, r9, r1
	eor	r10, r10, r2
	eor	r11, r11, r3
	stm	lr!, {r8-r11}
	ldm	lr, {r8-r11}
	eor	r8, r8, r4, ror #7
	eor	r9, r9, r5, ror #7
	eor	r10, r10, r6, ror #7
	eor	r11, r11, r7, ror #7
	stm	lr, {r8-r11}
	ldr	r0, [sp, #COUNT]
	ldr	r1, [sp, #BLOCK]
	subs	r0, r0, #1
	str	r0, [sp, #COUNT]
	bne	.Lblock

	/* Leave nothing of a secret message behind, on the stack or in registers. */
	movs	r1, #0
	movs	r2, #0
	movs	r3, #0
	mov	r12, sp
	movs	r4, #FRAME / 8
1:
	stm	r12!, {r0, r1}
	subs	r4, r4, #1
	bne	1b
	mov	lr, r0
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.size	zwg_blake2s_compress, . - zwg_blake2s_compress
