/* SPDX-License-Identifier: MIT */
/*
 * The arithmetic of Poly1305 (RFC 8439 section 2.5) modulo p = 2^130 - 5 for ARMv7-M, with no
 * multiplication but MUL and MLA, whose time on a Cortex-M3 does not depend on the operands.
 *
 * Numbers. h = sum of 2^(32 i) h[i], i = 0 .. 4, h[4] <= 4. r = sum of 2^(32 i) r[i], i = 0 .. 3,
 * is clamped: r[i] < 2^28, and 4 divides r[1], r[2], r[3]. So for k = 1, 2, 3 the product 2^128
 * r[k] is 2^130 (r[k] / 4) = 5 r[k] / 4 modulo p, a word: s[k] = r[k] + (r[k] >> 2) < 1.25 * 2^28.
 * With
 *
 *	x[-3 .. 3] = s[1], s[2], s[3], r[0], r[1], r[2], r[3]
 *
 * the product h r is a Toeplitz matrix times a vector, plus what h[4] adds:
 *
 *	d[i] = sum of h[j] x[i - j], j = 0 .. 3		(+ h[4] s[i] for i = 1 .. 3)
 *	d[4] = h[4] r[0]
 *
 * Halves. Each h[j], j < 4, is cut in 16 and 16 bits, hl + 2^16 hh; each x[k] in xl + 2^14 xh with
 * xl < 2^14, and xh < 2^14 for r, xh <= 5 * 2^12 = 20480 for s. A product of halves is a MUL. The
 * four matrix products of halves are made one after another, and each is added to d at its place:
 * 0 for hl xl, 14 for hl xh, 16 for hh xl, 30 for hh xh.
 *
 * Bounds of the sums of four products:
 *   with xl: at most 4 (2^16 - 1) (2^14 - 1) < 2^32, a word.
 *   with xh: row i has 3 - i coefficients s, at most (i + 1) 2^14 + (3 - i) 20480 times 2^16 - 1.
 *	For i = 0 that is 77824 (2^16 - 1), more than a word holds. So x[0] = r[0] comes last. The
 *	other three are at most 3 * 20480 = 61440 < 2^16 in row 0 and less below, a word; and as the
 *	rows are themselves a number in base 2^32, the products with x[0] are added with carry from
 *	row to row. Row 3 has no s: 4 * 2^14 (2^16 - 1) and the carry fit.
 * d[4] never overflows: before reduction h[4] <= 4 + 1 + 1 = 6, so h[4] r[0] <= 1.5 * 2^30; what
 * the lower words carry into it is at most (4 * 2^60 + 2^33) / 2^32 < 2^30 + 3. Their sum is below
 * 2.51 * 2^30, and 5/4 of it below 3.14 * 2^30 < 2^32.
 */
#ifndef __ARM_FEATURE_UNALIGNED
#error "words are read at any alignment; build without -mno-unaligned-access"
#endif

	.syntax unified
	.thumb

/* The frame. */
#define XL 0			/* xl[-3 .. 3] */
#define XH 28			/* xh[-3 .. 3] */
#define S 56			/* s[1], s[2], s[3], r[0] */
#define H 72			/* h[0 .. 3] with the block added */
#define BLOCK 88
#define END 92
#define STATE 96
#define FRAME 104

/* \m[0 .. 3] = the matrix product of r0 .. r3 with the coefficients x[-3 .. 0], which \m[0 .. 3]
 * hold; the triangle of x[1 .. 3] is left. Each MUL comes where its coefficient is last used. */
.macro upper m0, m1, m2, m3
	mul	\m0, r3, \m0
	mla	\m0, r2, \m1, \m0
	mul	\m1, r3, \m1
	mla	\m0, r1, \m2, \m0
	mla	\m1, r2, \m2, \m1
	mul	\m2, r3, \m2
	mla	\m0, r0, \m3, \m0
	mla	\m1, r1, \m3, \m1
	mla	\m2, r2, \m3, \m2
	mul	\m3, r3, \m3
.endm

/* r9 .. r12 = the matrix product of r0 .. r3 with the coefficients xh, x[0] last and with carry.
 * Uses up r0 .. r3. */
.macro product_xh
	ldr	r9, [sp, #XH]
	ldr	r10, [sp, #XH + 4]
	ldr	r11, [sp, #XH + 8]
	ldr	r12, [sp, #XH + 16]
	ldr	lr, [sp, #XH + 20]
	mul	r9, r3, r9			/* x[-3] */
	mla	r9, r2, r10, r9			/* x[-2] */
	mul	r10, r3, r10
	mla	r9, r1, r11, r9			/* x[-1] */
	mla	r10, r2, r11, r10
	mul	r11, r3, r11
	mla	r10, r0, r12, r10		/* x[1] */
	mla	r11, r1, r12, r11
	mul	r12, r2, r12
	mla	r11, r0, lr, r11		/* x[2] */
	mla	r12, r1, lr, r12
	ldr	lr, [sp, #XH + 24]
	mla	r12, r0, lr, r12		/* x[3] */
	ldr	lr, [sp, #XH + 12]
	mul	r0, r0, lr			/* x[0] */
	mul	r1, r1, lr
	mul	r2, r2, lr
	mul	r3, r3, lr
	adds	r9, r9, r0
	adcs	r10, r10, r1
	adcs	r11, r11, r2
	adc	r12, r12, r3
.endm

/* d += 2^\at times the number r9 .. r12; d is r5 .. r8, r4. */
.macro accumulate at
	adds	r5, r5, r9, lsl #\at
	adcs	r6, r6, r10, lsl #\at
	adcs	r7, r7, r11, lsl #\at
	adcs	r8, r8, r12, lsl #\at
	adc	r4, r4, r12, lsr #(32 - \at)
	adds	r6, r6, r9, lsr #(32 - \at)
	adcs	r7, r7, r10, lsr #(32 - \at)
	adcs	r8, r8, r11, lsr #(32 - \at)
	adc	r4, r4, #0
.endm

/* Keeps the halves of coefficient \x as x[\k]. \t: scratch. */
.macro keep_halves x, k, t
	ubfx	\t, \x, #0, #14
	str	\t, [sp, #XL + 12 + 4 * (\k)]
	lsr	\t, \x, #14
	str	\t, [sp, #XH + 12 + 4 * (\k)]
.endm

/*
 * void zwg_poly1305_blocks(struct zwg_poly1305 *state, const uint8_t *block, size_t count,
 *			    uint32_t top)
 *
 * state->h = (h + block + 2^128 top) r for each of count blocks of 16 bytes, reduced in part:
 * h[4] <= 4. state begins with h[5] and r[4]. top is 1; or 0, and then count is 1.
 */
	.section .text.zwg_poly1305_blocks, "ax", %progbits
	.balign	4
	.global	zwg_poly1305_blocks
	.type	zwg_poly1305_blocks, %function
	.thumb_func
zwg_poly1305_blocks:
	cbnz	r2, 0f
	bx	lr
0:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	str	r0, [sp, #STATE]
	add	r2, r1, r2, lsl #4
	str	r2, [sp, #END]
	add	r2, r0, #20
	ldm	r2, {r5-r8}
	add	r9, r6, r6, lsr #2
	add	r10, r7, r7, lsr #2
	add	r11, r8, r8, lsr #2
	str	r9, [sp, #S]
	str	r10, [sp, #S + 4]
	str	r11, [sp, #S + 8]
	str	r5, [sp, #S + 12]
	keep_halves r9, -3, r2
	keep_halves r10, -2, r2
	keep_halves r11, -1, r2
	keep_halves r5, 0, r2
	keep_halves r6, 1, r2
	keep_halves r7, 2, r2
	keep_halves r8, 3, r2
	mov	r12, r1
	mov	r5, r3
	ldm	r0, {r0-r4}
	/* The loop adds 1 to h[4], not top. */
	sub	r5, r5, #1
	add	r4, r4, r5

	/* r0 .. r4: h; r12: the block. */
.Lblock:
	ldr	r5, [r12], #16
	ldr	r6, [r12, #-12]
	ldr	r7, [r12, #-8]
	ldr	r8, [r12, #-4]
	str	r12, [sp, #BLOCK]
	adds	r0, r0, r5
	adcs	r1, r1, r6
	adcs	r2, r2, r7
	adcs	r3, r3, r8
	adc	r4, r4, #1
	str	r0, [sp, #H]
	str	r1, [sp, #H + 4]
	str	r2, [sp, #H + 8]
	str	r3, [sp, #H + 12]

	/* d = hl xl */
	uxth	r0, r0
	uxth	r1, r1
	uxth	r2, r2
	uxth	r3, r3
	ldm	sp, {r5-r11}
	upper	r5, r6, r7, r8
	mla	r6, r0, r9, r6			/* x[1] */
	mla	r7, r1, r9, r7
	mla	r8, r2, r9, r8
	mla	r7, r0, r10, r7			/* x[2] */
	mla	r8, r1, r10, r8
	mla	r8, r0, r11, r8			/* x[3] */

	/* + h[4] times s[1], s[2], s[3], r[0] */
	ldr	r9, [sp, #S]
	ldr	r10, [sp, #S + 4]
	ldr	r11, [sp, #S + 8]
	ldr	r12, [sp, #S + 12]
	mul	r9, r4, r9
	mul	r10, r4, r10
	mul	r11, r4, r11
	mul	r4, r4, r12
	adds	r6, r6, r9
	adcs	r7, r7, r10
	adcs	r8, r8, r11
	adc	r4, r4, #0

	/* + 2^14 hl xh */
	product_xh
	accumulate 14

	/* + 2^16 hh xl */
	ldrh	r0, [sp, #H + 2]
	ldrh	r1, [sp, #H + 6]
	ldrh	r2, [sp, #H + 10]
	ldrh	r3, [sp, #H + 14]
	ldr	r9, [sp, #XL]
	ldr	r10, [sp, #XL + 4]
	ldr	r11, [sp, #XL + 8]
	ldr	r12, [sp, #XL + 12]
	ldr	lr, [sp, #XL + 16]
	upper	r9, r10, r11, r12
	mla	r10, r0, lr, r10		/* x[1] */
	mla	r11, r1, lr, r11
	mla	r12, r2, lr, r12
	ldr	lr, [sp, #XL + 20]
	mla	r11, r0, lr, r11		/* x[2] */
	mla	r12, r1, lr, r12
	ldr	lr, [sp, #XL + 24]
	mla	r12, r0, lr, r12		/* x[3] */
	accumulate 16

	/* + 2^30 hh xh */
	product_xh
	accumulate 30

	/* 2^130 = 5: what is above comes back as 5 (d[4] >> 2) = (d[4] & ~3) + (d[4] >> 2). */
	bic	r9, r4, #3
	add	r9, r9, r4, lsr #2
	and	r4, r4, #3
	adds	r0, r5, r9
	adcs	r1, r6, #0
	adcs	r2, r7, #0
	adcs	r3, r8, #0
	adc	r4, r4, #0
	ldr	r12, [sp, #BLOCK]
	ldr	r9, [sp, #END]
	cmp	r12, r9
	bne	.Lblock

	ldr	r5, [sp, #STATE]
	stm	r5, {r0-r4}
	/* Leave nothing of the key behind, on the stack or in registers. */
	movs	r0, #0
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
	.size	zwg_poly1305_blocks, . - zwg_poly1305_blocks
