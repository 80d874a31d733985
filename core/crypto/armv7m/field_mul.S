/* SPDX-License-Identifier: MIT */
/*
 * Multiplication and squaring modulo p = 2^255 - 19 for X25519 (RFC 7748 section 4.1) on ARMv7-M,
 * with no multiplication but MUL of two 16-bit halves, whose time on a Cortex-M3 does not depend on
 * the operands.
 *
 * Numbers. An element is eight words, any number below 2^256, modulo p: 2^256 = 38. W is 2^128.
 *
 * Karatsuba. With a = a0 + W a1 and b = b0 + W b1, three products of 128 bits make a b:
 *	z0 = a0 b0, z2 = a1 b1, n = (a0 - a1) (b0 - b1), z1 = z0 + z2 - n = a0 b1 + a1 b0
 *	a b = z0 + W z1 + W^2 z2
 * n is the product of the absolute values, negated by a mask where the signs differ.
 *
 * A product of 128 bits. Each word is cut in halves, a = al + 2^16 ah where al and ah are numbers
 * in base 2^32 whose digits are below 2^16:
 *	e = al bl + 2^32 ah bh, o = al bh + ah bl, product = e + 2^16 o
 * Digits times a digit give words, (2^16 - 1)^2 = 2^32 - 2^17 + 1, which are added with carry from
 * word to word. So a carry may be added to a word that is just such a product: it does not
 * overflow. Each digit is below 2^16 and digit i counts 2^(32 i), so al, ah < 2^112 and al bl, ah
 * bh, al bh, ah bl < 2^224, seven words; e < 2^256, as it is at most the product, and o < 2^225:
 * its eighth word o7 is 0 or 1.
 *
 * A square: o = 2 al ah, and of the digits' products in e the mixed ones are made once and doubled.
 *
 * Reduction. a b = t, sixteen words, becomes t[0..7] + 38 t[8..15] < 39 * 2^256: nine words. The
 * ninth, at most 38, comes back as 38 times itself; if that carries out of eight words, what is
 * left is below 38 * 38, and adding 38 once more cannot carry.
 */
	.syntax unified
	.thumb

/* The frame. O holds o0 o1 o2 o3 e0 o4 o5 o6: the order in which one LDM takes them back. */
#define O 0
#define E0 16
#define O6 28
#define A 32			/* a0, a1 */
#define B 64			/* b0, b1 */
#define DA 96			/* |a0 - a1| */
#define DB 112			/* |b0 - b1| */
#define Z0 128
#define N 160			/* |n| */
#define Z2 192
#define SIGN 224		/* all ones where z1 is z0 + z2 - |n|, zero where z0 + z2 + |n| */
#define OUT 228
#define FRAME 232

/* \o0 .. \o6 = (\a0 .. \a3) times the digits that \o3 .. \o6 hold. \t: scratch. */
.macro rows_first a0, a1, a2, a3, o0, o1, o2, o3, o4, o5, o6, t
	mul	\o0, \a0, \o3
	mul	\o1, \a1, \o3
	mul	\o2, \a2, \o3
	mul	\o3, \a3, \o3
	mul	\t, \a0, \o4
	adds	\o1, \o1, \t
	mul	\t, \a1, \o4
	adcs	\o2, \o2, \t
	mul	\t, \a2, \o4
	adcs	\o3, \o3, \t
	mul	\o4, \a3, \o4
	adc	\o4, \o4, #0
	mul	\t, \a0, \o5
	adds	\o2, \o2, \t
	mul	\t, \a1, \o5
	adcs	\o3, \o3, \t
	mul	\t, \a2, \o5
	adcs	\o4, \o4, \t
	mul	\o5, \a3, \o5
	adc	\o5, \o5, #0
	mul	\t, \a0, \o6
	adds	\o3, \o3, \t
	mul	\t, \a1, \o6
	adcs	\o4, \o4, \t
	mul	\t, \a2, \o6
	adcs	\o5, \o5, \t
	mul	\o6, \a3, \o6
	adc	\o6, \o6, #0
.endm

/* One row more: \w0 .. \w2 and \w3 += (r0 .. r2) times the digit in r12 and lr, which is r3 times
 * the digit and the last row's carry. Then the next digit, \next, and its lr; the carry goes
 * there. */
.macro row w0, w1, w2, w3, next
	mul	r11, r0, r12
	adds	\w0, \w0, r11
	mul	r11, r1, r12
	adcs	\w1, \w1, r11
	mul	r11, r2, r12
	adcs	\w2, \w2, r11
	adcs	\w3, \w3, lr
.ifnb \next
	ldrh	r12, [sp, #\next]
	mul	lr, r3, r12
	adc	lr, lr, #0
.endif
.endm

/* (r0 .. r3) = the low (\half 0) or high (\half 2) halves of four words. */
.macro digits from, half, r0, r1, r2, r3
	ldrh	\r0, [sp, #\from + \half]
	ldrh	\r1, [sp, #\from + \half + 4]
	ldrh	\r2, [sp, #\from + \half + 8]
	ldrh	\r3, [sp, #\from + \half + 12]
.endm

/* Adds 2^\at o to e: e0 .. e7 are r11, r4 .. r10, o waits in the frame. Writes e0 to \out. */
.macro add_o at, out
	ldm	sp, {r0-r3, r11, r12, lr}
	adds	r11, r11, r0, lsl #\at
	adcs	r4, r4, r1, lsl #\at
	adcs	r5, r5, r2, lsl #\at
	adcs	r6, r6, r3, lsl #\at
	adcs	r7, r7, r12, lsl #\at
	adcs	r8, r8, lr, lsl #\at
	str	r11, [sp, #\out]
	ldr	r11, [sp, #O6]
	adcs	r9, r9, r11, lsl #\at
	adc	r10, r10, #0
	adds	r4, r4, r0, lsr #(32 - \at)
	adcs	r5, r5, r1, lsr #(32 - \at)
	adcs	r6, r6, r2, lsr #(32 - \at)
	adcs	r7, r7, r3, lsr #(32 - \at)
	adcs	r8, r8, r12, lsr #(32 - \at)
	adcs	r9, r9, lr, lsr #(32 - \at)
	adc	r10, r10, r11, lsr #(32 - \at)
.endm

.macro store_o o0, o1, o2, o3, o4, o5, o6
	str	\o0, [sp, #O]
	str	\o1, [sp, #O + 4]
	str	\o2, [sp, #O + 8]
	str	\o3, [sp, #O + 12]
	str	\o4, [sp, #O + 20]
	str	\o5, [sp, #O + 24]
	str	\o6, [sp, #O6]
.endm

/* Word 0 of \out is written; the rest is in r4 .. r10. */
.macro store_rest out
	str	r4, [sp, #\out + 4]
	str	r5, [sp, #\out + 8]
	str	r6, [sp, #\out + 12]
	str	r7, [sp, #\out + 16]
	str	r8, [sp, #\out + 20]
	str	r9, [sp, #\out + 24]
	str	r10, [sp, #\out + 28]
.endm

/* \out = \a \b, four words each. */
.macro product a, b, out
	/* o = al bh + ah bl; o7 stays in lr. */
	digits	\a, 0, r0, r1, r2, r3
	digits	\b, 2, r7, r8, r9, r10
	rows_first r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11
	digits	\a, 2, r0, r1, r2, r3
	ldrh	r12, [sp, #\b]
	mul	lr, r3, r12
	row	r4, r5, r6, r7, \b + 4
	row	r5, r6, r7, r8, \b + 8
	row	r6, r7, r8, r9, \b + 12
	row	r7, r8, r9, r10
	mov	lr, #0
	adc	lr, lr, #0
	store_o	r4, r5, r6, r7, r8, r9, r10
	/* e = 2^32 ah bh + al bl; what o7 adds to it is added here. */
	digits	\b, 2, r7, r8, r9, r10
	rows_first r0, r1, r2, r3, r4, r5, r6, r7, r8, r9, r10, r11
	add	r10, r10, lr, lsl #16
	digits	\a, 0, r0, r1, r2, r3
	ldrh	r12, [sp, #\b]
	mul	r11, r0, r12
	str	r11, [sp, #E0]
	mul	r11, r1, r12
	adds	r4, r4, r11
	mul	r11, r2, r12
	adcs	r5, r5, r11
	mul	r11, r3, r12
	adcs	r6, r6, r11
	ldrh	r12, [sp, #\b + 4]
	mul	lr, r3, r12
	adc	lr, lr, #0
	row	r4, r5, r6, r7, \b + 8
	row	r5, r6, r7, r8, \b + 12
	row	r6, r7, r8, r9
	adc	r10, r10, #0
	add_o	16, \out
.endm

/* \out = \a^2, four words. Here al ah is called o, so that it counts 2^17. */
.macro square a, out
	digits	\a, 0, r11, r5, r7, r9
	digits	\a, 2, r3, r12, lr, r4
	rows_first r11, r5, r7, r9, r0, r1, r2, r3, r12, lr, r4, r6
	store_o	r0, r1, r2, r3, r12, lr, r4
	/* c1 .. c6 = r0 .. r3, r12, lr: the mixed products in e. First of al: */
	mul	r0, r11, r5
	mul	r1, r11, r7
	mul	r2, r11, r9
	mul	r4, r5, r7
	adds	r2, r2, r4
	mul	r3, r5, r9
	adc	r3, r3, #0
	mul	r12, r7, r9
	/* ... and of ah; e0 is not needed for a while. */
	mul	r11, r11, r11
	str	r11, [sp, #E0]
	digits	\a, 2, r4, r6, r8, r10
	mul	lr, r8, r10
	mul	r11, r4, r6
	adds	r1, r1, r11
	mul	r11, r4, r8
	adcs	r2, r2, r11
	mul	r11, r4, r10
	adcs	r3, r3, r11
	mul	r11, r6, r10
	adcs	r12, r12, r11
	adc	lr, lr, #0
	mul	r11, r6, r8
	adds	r3, r3, r11
	adcs	r12, r12, #0
	adc	lr, lr, #0
	/* The squares of the digits are e1 .. e7; twice the mixed products are added. */
	mul	r4, r4, r4
	mul	r5, r5, r5
	mul	r6, r6, r6
	mul	r7, r7, r7
	mul	r8, r8, r8
	mul	r9, r9, r9
	mul	r10, r10, r10
	adds	r4, r4, r0, lsl #1
	adcs	r5, r5, r1, lsl #1
	adcs	r6, r6, r2, lsl #1
	adcs	r7, r7, r3, lsl #1
	adcs	r8, r8, r12, lsl #1
	adcs	r9, r9, lr, lsl #1
	adc	r10, r10, #0
	adds	r5, r5, r0, lsr #31
	adcs	r6, r6, r1, lsr #31
	adcs	r7, r7, r2, lsr #31
	adcs	r8, r8, r3, lsr #31
	adcs	r9, r9, r12, lsr #31
	adc	r10, r10, lr, lsr #31
	add_o	17, \out
.endm

/* Keeps the element r3 .. r10 at \copy and |its low half - its high half| at \difference. r11 = all
 * ones where the difference was negative, else 0. */
.macro split copy, difference
	str	r3, [sp, #\copy]
	str	r4, [sp, #\copy + 4]
	str	r5, [sp, #\copy + 8]
	str	r6, [sp, #\copy + 12]
	str	r7, [sp, #\copy + 16]
	str	r8, [sp, #\copy + 20]
	str	r9, [sp, #\copy + 24]
	str	r10, [sp, #\copy + 28]
	subs	r3, r3, r7
	sbcs	r4, r4, r8
	sbcs	r5, r5, r9
	sbcs	r6, r6, r10
	sbc	r11, r11, r11
	eor	r3, r3, r11
	eor	r4, r4, r11
	eor	r5, r5, r11
	eor	r6, r6, r11
	subs	r3, r3, r11
	sbcs	r4, r4, r11
	sbcs	r5, r5, r11
	sbc	r6, r6, r11
	str	r3, [sp, #\difference]
	str	r4, [sp, #\difference + 4]
	str	r5, [sp, #\difference + 8]
	str	r6, [sp, #\difference + 12]
.endm

/* Two words, \w0 and \w1, become those at r2 + \at where the mask r11 is all ones. */
.macro select at, w0, w1
	ldr	r12, [r2, #\at]
	ldr	lr, [r2, #\at + 4]
	eor	r12, r12, \w0
	eor	lr, lr, \w1
	and	r12, r12, r11
	and	lr, lr, r11
	eor	\w0, \w0, r12
	eor	\w1, \w1, lr
.endm

/* z1 = z0 + z2: r11, r4 .. r10 and the carry r12. z2 is at Z2, and words 1 .. 7 in r4 .. r10. */
.macro add_z0
	ldr	r11, [sp, #Z2]
	ldr	r0, [sp, #Z0]
	ldr	r1, [sp, #Z0 + 4]
	ldr	r2, [sp, #Z0 + 8]
	ldr	r3, [sp, #Z0 + 12]
	adds	r11, r11, r0
	adcs	r4, r4, r1
	adcs	r5, r5, r2
	adcs	r6, r6, r3
	ldr	r0, [sp, #Z0 + 16]
	ldr	r1, [sp, #Z0 + 20]
	ldr	r2, [sp, #Z0 + 24]
	ldr	r3, [sp, #Z0 + 28]
	adcs	r7, r7, r0
	adcs	r8, r8, r1
	adcs	r9, r9, r2
	adcs	r10, r10, r3
	mov	r12, #0
	adc	r12, r12, #0
.endm

/* 38 times the four words r7 .. r10 and \carry are added to \w0 .. \w3; \carry = what is above. lr
 * is 38, r12 scratch. 38 times a half is below 2^22, so a carry below 2^10 may be added to it;
 * what is above is at most 38 and a carry. */
.macro add_38 w0, w1, w2, w3, carry, first
	uxth	r12, r7
	mul	r12, r12, lr
.ifb \first
	add	r12, r12, \carry
.endif
	adds	\w0, \w0, r12
	uxth	r12, r8
	mul	r12, r12, lr
	adcs	\w1, \w1, r12
	uxth	r12, r9
	mul	r12, r12, lr
	adcs	\w2, \w2, r12
	uxth	r12, r10
	mul	r12, r12, lr
	adcs	\w3, \w3, r12
	mov	\carry, #0
	adc	\carry, \carry, #0
	lsr	r7, r7, #16
	lsr	r8, r8, #16
	lsr	r9, r9, #16
	lsr	r10, r10, #16
	mul	r7, r7, lr
	mul	r8, r8, lr
	mul	r9, r9, lr
	mul	r10, r10, lr
	adds	\w0, \w0, r7, lsl #16
	adcs	\w1, \w1, r8, lsl #16
	adcs	\w2, \w2, r9, lsl #16
	adcs	\w3, \w3, r10, lsl #16
	adc	\carry, \carry, r10, lsr #16
	adds	\w1, \w1, r7, lsr #16
	adcs	\w2, \w2, r8, lsr #16
	adcs	\w3, \w3, r9, lsr #16
	adc	\carry, \carry, #0
.endm

/* z0 + W z1 + W^2 z2, reduced, goes to OUT. z1 is r11, r4 .. r10, r12. */
.macro reduce
	/* t[4..7] = r0 .. r3, t[8..11] = r7 .. r10, t[12..15] = r4, r5, r6, r11 */
	ldr	r0, [sp, #Z0 + 16]
	ldr	r1, [sp, #Z0 + 20]
	ldr	r2, [sp, #Z0 + 24]
	ldr	r3, [sp, #Z0 + 28]
	adds	r0, r0, r11
	adcs	r1, r1, r4
	adcs	r2, r2, r5
	adcs	r3, r3, r6
	ldr	r11, [sp, #Z2]
	ldr	r4, [sp, #Z2 + 4]
	ldr	r5, [sp, #Z2 + 8]
	ldr	r6, [sp, #Z2 + 12]
	adcs	r7, r7, r11
	adcs	r8, r8, r4
	adcs	r9, r9, r5
	adcs	r10, r10, r6
	ldr	r4, [sp, #Z2 + 16]
	ldr	r5, [sp, #Z2 + 20]
	ldr	r6, [sp, #Z2 + 24]
	ldr	r11, [sp, #Z2 + 28]
	adcs	r4, r4, r12
	adcs	r5, r5, #0
	adcs	r6, r6, #0
	adc	r11, r11, #0
	str	r4, [sp, #Z2 + 16]
	str	r5, [sp, #Z2 + 20]
	str	r6, [sp, #Z2 + 24]
	str	r11, [sp, #Z2 + 28]
	ldr	r4, [sp, #Z0]
	ldr	r5, [sp, #Z0 + 4]
	ldr	r6, [sp, #Z0 + 8]
	ldr	r11, [sp, #Z0 + 12]
	mov	lr, #38
	/* One register is short: t[7] waits. */
	str	r3, [sp, #Z0 + 28]
	add_38	r4, r5, r6, r11, r3, first
	str	r11, [sp, #Z0 + 12]
	mov	r11, r3
	ldr	r3, [sp, #Z0 + 28]
	ldr	r7, [sp, #Z2 + 16]
	ldr	r8, [sp, #Z2 + 20]
	ldr	r9, [sp, #Z2 + 24]
	ldr	r10, [sp, #Z2 + 28]
	add_38	r0, r1, r2, r3, r11
	ldr	r7, [sp, #Z0 + 12]
	ldr	r8, [sp, #OUT]
	mul	r11, r11, lr
	adds	r4, r4, r11
	adcs	r5, r5, #0
	adcs	r6, r6, #0
	adcs	r7, r7, #0
	adcs	r0, r0, #0
	adcs	r1, r1, #0
	adcs	r2, r2, #0
	adcs	r3, r3, #0
	sbc	r9, r9, r9			/* 0 if it carried, else all ones */
	bic	r9, lr, r9
	add	r4, r4, r9
	stm	r8!, {r4-r7}
	stm	r8, {r0-r3}
.endm

/* void zwg_fe_mul(uint32_t out[8], const uint32_t a[8], const uint32_t b[8]): out = a b. */
	.section .text.zwg_fe_mul, "ax", %progbits
	.balign	4
	.global	zwg_fe_mul
	.type	zwg_fe_mul, %function
	.thumb_func
zwg_fe_mul:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	str	r0, [sp, #OUT]
	ldm	r1, {r3-r10}
	split	A, DA
	mvn	r12, r11
	ldm	r2, {r3-r10}
	split	B, DB
	eor	r12, r12, r11
	str	r12, [sp, #SIGN]
	product	DA, DB, N
	store_rest N
	product	A, B, Z0
	store_rest Z0
	product	A + 16, B + 16, Z2
	store_rest Z2
	add_z0
	/* - n: |n| with its bits turned over and 1 added, or |n| */
	ldr	lr, [sp, #SIGN]
	ldr	r0, [sp, #N]
	ldr	r1, [sp, #N + 4]
	ldr	r2, [sp, #N + 8]
	ldr	r3, [sp, #N + 12]
	eor	r0, r0, lr
	eor	r1, r1, lr
	eor	r2, r2, lr
	eor	r3, r3, lr
	cmn	lr, lr				/* carry = lr & 1 */
	adcs	r11, r11, r0
	adcs	r4, r4, r1
	adcs	r5, r5, r2
	adcs	r6, r6, r3
	ldr	r0, [sp, #N + 16]
	ldr	r1, [sp, #N + 20]
	ldr	r2, [sp, #N + 24]
	ldr	r3, [sp, #N + 28]
	eor	r0, r0, lr
	eor	r1, r1, lr
	eor	r2, r2, lr
	eor	r3, r3, lr
	adcs	r7, r7, r0
	adcs	r8, r8, r1
	adcs	r9, r9, r2
	adcs	r10, r10, r3
	adc	r12, r12, lr
	reduce
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.size	zwg_fe_mul, . - zwg_fe_mul

/*
 * void zwg_fe_sq_selected(uint32_t out[8], const uint32_t a[8], const uint32_t b[8], uint32_t mask)
 *
 * out = a^2 if mask is 0, b^2 if it is all ones; in the same time, with the same accesses.
 */
	.section .text.zwg_fe_sq, "ax", %progbits
	.balign	4
	.global	zwg_fe_sq_selected
	.type	zwg_fe_sq_selected, %function
	.thumb_func
zwg_fe_sq_selected:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	str	r0, [sp, #OUT]
	mov	r11, r3
	ldm	r1, {r3-r10}
	select	0, r3, r4
	select	8, r5, r6
	select	16, r7, r8
	select	24, r9, r10
	b	.Lsquare
	.size	zwg_fe_sq_selected, . - zwg_fe_sq_selected

/* void zwg_fe_sq(uint32_t out[8], const uint32_t a[8]): out = a^2. */
	.global	zwg_fe_sq
	.type	zwg_fe_sq, %function
	.thumb_func
zwg_fe_sq:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	str	r0, [sp, #OUT]
	ldm	r1, {r3-r10}
.Lsquare:
	split	A, DA
	square	DA, N
	store_rest N
	square	A, Z0
	store_rest Z0
	square	A + 16, Z2
	store_rest Z2
	add_z0
	ldr	r0, [sp, #N]
	ldr	r1, [sp, #N + 4]
	ldr	r2, [sp, #N + 8]
	ldr	r3, [sp, #N + 12]
	subs	r11, r11, r0
	sbcs	r4, r4, r1
	sbcs	r5, r5, r2
	sbcs	r6, r6, r3
	ldr	r0, [sp, #N + 16]
	ldr	r1, [sp, #N + 20]
	ldr	r2, [sp, #N + 24]
	ldr	r3, [sp, #N + 28]
	sbcs	r7, r7, r0
	sbcs	r8, r8, r1
	sbcs	r9, r9, r2
	sbcs	r10, r10, r3
	sbc	r12, r12, #0
	reduce
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.size	zwg_fe_sq, . - zwg_fe_sq

/* void zwg_fe_wipe_stack(void): zeroes the frames above, and what is pushed around them. */
#define ROOM (FRAME + 9 * 4 + 64)
	.section .text.zwg_fe_wipe_stack, "ax", %progbits
	.balign	4
	.global	zwg_fe_wipe_stack
	.type	zwg_fe_wipe_stack, %function
	.thumb_func
zwg_fe_wipe_stack:
	sub	sp, sp, #ROOM
	movs	r0, #0
	movs	r1, #0
	mov	r2, sp
	movs	r3, #(ROOM / 4)
1:
	str	r0, [r2], #4
	subs	r3, r3, #1
	bne	1b
	mov	r12, r0
	add	sp, sp, #ROOM
	bx	lr
	.size	zwg_fe_wipe_stack, . - zwg_fe_wipe_stack
