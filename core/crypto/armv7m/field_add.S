/* SPDX-License-Identifier: MIT */
/*
 * Sums, differences and a small multiple modulo p = 2^255 - 19 for X25519 (RFC 7748 section 4.1) on
 * ARMv7-M. An element is eight words, any number below 2^256, modulo p: 2^256 = 38.
 *
 * What is carried out of eight words comes back as 38 times itself, a number below 2^23; if that
 * carries again, what is left is less than it, and adding 38 to its lowest word cannot carry. If a
 * difference borrows, 38 is taken away; if that borrows again, what is left is at least 2^256 - 38,
 * and taking 38 from its lowest word cannot borrow.
 */
	.syntax unified
	.thumb

/* \op: adds and \opc: adcs, or subs and sbcs: r4 .. r11 = r4 .. r11 op the element at r3. */
.macro combine op, opc
	ldr	r12, [r3]
	ldr	lr, [r3, #4]
	\op	r4, r4, r12
	\opc	r5, r5, lr
	ldr	r12, [r3, #8]
	ldr	lr, [r3, #12]
	\opc	r6, r6, r12
	\opc	r7, r7, lr
	ldr	r12, [r3, #16]
	ldr	lr, [r3, #20]
	\opc	r8, r8, r12
	\opc	r9, r9, lr
	ldr	r12, [r3, #24]
	ldr	lr, [r3, #28]
	\opc	r10, r10, r12
	\opc	r11, r11, lr
.endm

/* r4 .. r11 += lr, 38 times what was carried out; once more 38 if that carries. r2 is 38. */
.macro fold_carry
	adds	r4, r4, lr
	adcs	r5, r5, #0
	adcs	r6, r6, #0
	adcs	r7, r7, #0
	adcs	r8, r8, #0
	adcs	r9, r9, #0
	adcs	r10, r10, #0
	adcs	r11, r11, #0
	sbc	r12, r12, r12			/* 0 if it carried, else all ones */
	bic	lr, r2, r12
	add	r4, r4, lr
.endm

/* After combine adds, adcs. r2 is 38. */
.macro reduce_sum
	sbc	r12, r12, r12
	bic	lr, r2, r12
	fold_carry
.endm

/* After combine subs, sbcs. r2 is 38. */
.macro reduce_difference
	sbc	r12, r12, r12			/* all ones if it borrowed, else 0 */
	and	lr, r2, r12
	subs	r4, r4, lr
	sbcs	r5, r5, #0
	sbcs	r6, r6, #0
	sbcs	r7, r7, #0
	sbcs	r8, r8, #0
	sbcs	r9, r9, #0
	sbcs	r10, r10, #0
	sbcs	r11, r11, #0
	sbc	r12, r12, r12
	and	lr, r2, r12
	sub	r4, r4, lr
.endm

/*
 * void zwg_fe_sum_difference(uint32_t sum[8], uint32_t difference[8], const uint32_t a[8],
 *			      const uint32_t b[8])
 *
 * sum = a + b, difference = a - b. difference may be b; otherwise outputs are not inputs.
 */
	.section .text.zwg_fe_sum_difference, "ax", %progbits
	.balign	4
	.global	zwg_fe_sum_difference
	.type	zwg_fe_sum_difference, %function
	.thumb_func
zwg_fe_sum_difference:
	push	{r2, r4-r11, lr}
	ldm	r2, {r4-r11}
	movs	r2, #38
	combine	adds, adcs
	reduce_sum
	stm	r0, {r4-r11}
	ldr	r0, [sp]
	ldm	r0, {r4-r11}
	combine	subs, sbcs
	reduce_difference
	stm	r1, {r4-r11}
	pop	{r2, r4-r11, pc}
	.size	zwg_fe_sum_difference, . - zwg_fe_sum_difference

/* void zwg_fe_sub(uint32_t out[8], const uint32_t a[8], const uint32_t b[8]): out = a - b. */
	.section .text.zwg_fe_sub, "ax", %progbits
	.balign	4
	.global	zwg_fe_sub
	.type	zwg_fe_sub, %function
	.thumb_func
zwg_fe_sub:
	push	{r4-r11, lr}
	mov	r3, r2
	ldm	r1, {r4-r11}
	movs	r2, #38
	combine	subs, sbcs
	reduce_difference
	stm	r0, {r4-r11}
	pop	{r4-r11, pc}
	.size	zwg_fe_sub, . - zwg_fe_sub

/*
 * Word \i of a + 121665 b to \w. lr is 121665 - 2^16 = 56129; r3, what comes from the word below,
 * is the upper half of the word of b below and a carry of at most 65537. The halves l and h of b's
 * word make
 *	x = 56129 l + r3	at most 65535 * 56129 + 131072 < 2^32
 *	y = 56129 h + l		at most 65535 * 56130 < 2^32
 * and h is left for the word above: r3 = h + (y >> 16) + two carries <= 131072.
 */
.macro add_121665 i, w
	ldrh	r12, [r2, #4 * \i]
	ldrh	r0, [r2, #4 * \i + 2]
	ldr	\w, [r1, #4 * \i]
	mla	r3, r12, lr, r3
	mla	r12, r0, lr, r12
	adds	\w, \w, r3
	adc	r3, r0, r12, lsr #16
	adds	\w, \w, r12, lsl #16
	adc	r3, r3, #0
.endm

/*
 * void zwg_fe_add_121665(uint32_t out[8], const uint32_t a[8], const uint32_t b[8])
 *
 * out = a + 121665 b, (486662 - 2) / 4 of RFC 7748. out may be a or b.
 */
	.section .text.zwg_fe_add_121665, "ax", %progbits
	.balign	4
	.global	zwg_fe_add_121665
	.type	zwg_fe_add_121665, %function
	.thumb_func
zwg_fe_add_121665:
	push	{r0, r4-r11, lr}
	movw	lr, #56129
	movs	r3, #0
	add_121665 0, r4
	add_121665 1, r5
	add_121665 2, r6
	add_121665 3, r7
	add_121665 4, r8
	add_121665 5, r9
	add_121665 6, r10
	add_121665 7, r11
	movs	r2, #38
	mul	lr, r3, r2
	fold_carry
	pop	{r0}
	stm	r0, {r4-r11}
	pop	{r4-r11, pc}
	.size	zwg_fe_add_121665, . - zwg_fe_add_121665

/* void zwg_fe_mul_9(uint32_t out[8], const uint32_t a[8]): out = 9 a = a + 8 a. out may be a. */
	.section .text.zwg_fe_mul_9, "ax", %progbits
	.balign	4
	.global	zwg_fe_mul_9
	.type	zwg_fe_mul_9, %function
	.thumb_func
zwg_fe_mul_9:
	push	{r4-r11, lr}
	ldm	r1, {r4-r11}
	ldr	r2, [r1]
	ldr	r3, [r1, #4]
	adds	r4, r4, r2, lsl #3
	adcs	r5, r5, r3, lsl #3
	ldr	r2, [r1, #8]
	ldr	r3, [r1, #12]
	adcs	r6, r6, r2, lsl #3
	adcs	r7, r7, r3, lsl #3
	ldr	r2, [r1, #16]
	ldr	r3, [r1, #20]
	adcs	r8, r8, r2, lsl #3
	adcs	r9, r9, r3, lsl #3
	ldr	r2, [r1, #24]
	ldr	r3, [r1, #28]
	adcs	r10, r10, r2, lsl #3
	adcs	r11, r11, r3, lsl #3
	lsr	lr, r3, #29
	adc	lr, lr, #0
	ldr	r2, [r1]
	ldr	r3, [r1, #4]
	adds	r5, r5, r2, lsr #29
	adcs	r6, r6, r3, lsr #29
	ldr	r2, [r1, #8]
	ldr	r3, [r1, #12]
	adcs	r7, r7, r2, lsr #29
	adcs	r8, r8, r3, lsr #29
	ldr	r2, [r1, #16]
	ldr	r3, [r1, #20]
	adcs	r9, r9, r2, lsr #29
	adcs	r10, r10, r3, lsr #29
	ldr	r2, [r1, #24]
	adcs	r11, r11, r2, lsr #29
	adc	lr, lr, #0
	movs	r2, #38
	mul	lr, lr, r2
	fold_carry
	stm	r0, {r4-r11}
	pop	{r4-r11, pc}
	.size	zwg_fe_mul_9, . - zwg_fe_mul_9
