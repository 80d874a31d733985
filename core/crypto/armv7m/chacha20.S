/* SPDX-License-Identifier: MIT */
/*
 * The ChaCha20 block function (RFC 8439 sections 2.1 to 2.4) for ARMv7-M.
 *
 * The state lives in registers: all of rows a, b and d, and two of the four words of row c, whose
 * other two wait on the stack. No rotation is an instruction: the words of b and d are kept as they
 * were before their last rotation, which the barrel shifter makes wherever they are read. In the
 * comments, "b ror 25" says that the word of RFC 8439 is the register rotated right by 25.
 *
 * Only additions, exclusive ors, and loads and stores at addresses made of the arguments: nothing
 * depends on the key or the text but the values. Words of the text are read and written with LDR
 * and STR, which take any alignment.
 */
#ifndef __ARM_FEATURE_UNALIGNED
#error "words are read at any alignment; build without -mno-unaligned-access"
#endif

	.syntax unified
	.thumb

/* The frame. FIRST: eleven words of the state after the part of round 1 that no block counter has
 * touched (columns 1, 2 and 3), in the order of the registers that an LDM fills. */
#define FIRST 0
#define FIRST_C1 44		/* the twelfth */
#define A0_B0 48		/* input[0] + input[4], where column 0 begins */
#define C 52			/* row c, while it is not in registers */
#define ROUNDS 68
#define DATA 72
#define END 76
#define INPUT 80		/* a copy of input[16] */
#define INPUT_POINTER 144
#define FRAME 152

/* The quarter round of RFC 8439 section 2.1. In and out: b ror 25, d ror 24. */
.macro quarter a, b, c, d
	add	\a, \a, \b, ror #25
	eor	\d, \a, \d, ror #24
	add	\c, \c, \d, ror #16
	eor	\b, \c, \b, ror #25
	add	\a, \a, \b, ror #20
	eor	\d, \a, \d, ror #16
	add	\c, \c, \d, ror #24
	eor	\b, \c, \b, ror #20
.endm

/* The same from words as they are in the input, without rotation. */
.macro quarter_first a, b, c, d
	add	\a, \a, \b
	eor	\d, \d, \a
	add	\c, \c, \d, ror #16
	eor	\b, \b, \c
	add	\a, \a, \b, ror #20
	eor	\d, \a, \d, ror #16
	add	\c, \c, \d, ror #24
	eor	\b, \c, \b, ror #20
.endm

/* Puts the half of row c at \put away and takes the other one. */
.macro swap_c put, take
	str	r12, [sp, #C + 4 * \put]
	str	lr, [sp, #C + 4 * \put + 4]
	ldr	r12, [sp, #C + 4 * \take]
	ldr	lr, [sp, #C + 4 * \take + 4]
.endm

/* r0-r3: a; r4-r7: b ror 25; r8-r11: d ror 24; r12 and lr: c0 and c1 before and c2 and c3 after. */
.macro columns
	quarter	r0, r4, r12, r8
	quarter	r1, r5, lr, r9
	swap_c	0, 2
	quarter	r2, r6, r12, r10
	quarter	r3, r7, lr, r11
.endm

/* r12 and lr: c2 and c3 before, c0 and c1 after. */
.macro diagonals
	quarter	r0, r5, r12, r11
	quarter	r1, r6, lr, r8
	swap_c	2, 0
	quarter	r2, r7, r12, r9
	quarter	r3, r4, lr, r10
.endm

/* Loads word \i of the input and of the text at r12. */
.macro operands i, input, text
	ldr	\input, [sp, #INPUT + 4 * \i]
	ldr	\text, [r12, #4 * \i]
.endm

/* Combines word \i of the text, of which \x, shifted, is the half that the rounds made. */
.macro combine i, x, input, text, shift:vararg
	add	\x, \input, \x \shift
	eor	\x, \x, \text
	str	\x, [r12, #4 * \i]
.endm

/*
 * void zwg_chacha20_blocks(uint32_t input[16], uint8_t *data, size_t count)
 *
 * Combines the next count blocks of the key stream with data, in place, and moves the block counter
 * input[12] on.
 */
	.section .text.zwg_chacha20_blocks, "ax", %progbits
	.balign	4
	.global	zwg_chacha20_blocks
	.type	zwg_chacha20_blocks, %function
	.thumb_func
zwg_chacha20_blocks:
	cbnz	r2, 0f
	bx	lr
0:
	push	{r4-r11, lr}
	sub	sp, sp, #FRAME
	add	r2, r1, r2, lsl #6
	str	r0, [sp, #INPUT_POINTER]
	str	r1, [sp, #DATA]
	str	r2, [sp, #END]
	add	r12, sp, #INPUT
	ldm	r0!, {r1-r8}			/* words 0 to 7 */
	stm	r12!, {r1-r8}
	ldm	r0!, {r8-r11}			/* words 8 to 11 */
	stm	r12!, {r8-r11}
	add	lr, r1, r5
	str	lr, [sp, #A0_B0]
	mov	r1, r6				/* b1 b2 b3 are r1 r7 r5 */
	ldr	r5, [sp, #INPUT + 28]
	ldm	r0, {r0, r6, r8, lr}		/* words 12 to 15: d0 to d3 */
	stm	r12, {r0, r6, r8, lr}
	quarter_first r2, r1, r9, r6
	quarter_first r3, r7, r10, r8
	quarter_first r4, r5, r11, lr
	/* a1 a2 a3, b1 b2 b3, d1 d2 d3, c2 c3; and c1 */
	str	r2, [sp, #FIRST]
	str	r3, [sp, #FIRST + 4]
	str	r4, [sp, #FIRST + 8]
	str	r1, [sp, #FIRST + 12]
	str	r7, [sp, #FIRST + 16]
	str	r5, [sp, #FIRST + 20]
	str	r6, [sp, #FIRST + 24]
	str	r8, [sp, #FIRST + 28]
	str	lr, [sp, #FIRST + 32]
	str	r10, [sp, #FIRST + 36]
	str	r11, [sp, #FIRST + 40]
	str	r9, [sp, #FIRST_C1]

.Lblock:
	/* Column 0 of round 1. */
	ldr	r4, [sp, #INPUT + 16]
	ldr	r8, [sp, #INPUT + 48]
	ldr	r12, [sp, #INPUT + 32]
	ldr	r0, [sp, #A0_B0]
	ldr	r2, [sp, #FIRST_C1]
	str	r2, [sp, #C + 4]
	eor	r8, r8, r0
	add	r12, r12, r8, ror #16
	eor	r4, r4, r12
	add	r0, r0, r4, ror #20
	eor	r8, r0, r8, ror #16
	add	r12, r12, r8, ror #24
	eor	r4, r12, r4, ror #20
	str	r12, [sp, #C]
	movs	r1, #5
	str	r1, [sp, #ROUNDS]
	ldm	sp, {r1-r3, r5-r7, r9-r11, r12, lr}
	b	.Lround_2

.Lround:
	columns
.Lround_2:
	diagonals
	columns
	/* diagonals, with the loop's counter where a register is free */
	quarter	r0, r5, r12, r11
	quarter	r1, r6, lr, r8
	str	r12, [sp, #C + 8]
	str	lr, [sp, #C + 12]
	ldr	r12, [sp, #ROUNDS]
	subs	r12, r12, #1
	str	r12, [sp, #ROUNDS]
	ldr	r12, [sp, #C]
	ldr	lr, [sp, #C + 4]
	quarter	r2, r7, r12, r9
	quarter	r3, r4, lr, r10
	bne	.Lround

	str	r12, [sp, #C]
	str	lr, [sp, #C + 4]
	ldr	r12, [sp, #DATA]
	ldr	lr, [sp, #INPUT]
	add	r0, r0, lr
	ldr	lr, [r12]
	eor	r0, r0, lr
	str	r0, [r12]
	/* Loads that follow each other are faster: as many as there are registers free. */
	operands 1, r0, lr
	combine	1, r1, r0, lr
	operands 2, r0, lr
	combine	2, r2, r0, lr
	operands 3, r0, lr
	operands 4, r1, r2
	combine	3, r3, r0, lr
	combine	4, r4, r1, r2, , ror #25
	operands 5, r0, lr
	operands 6, r1, r2
	operands 7, r3, r4
	combine	5, r5, r0, lr, , ror #25
	combine	6, r6, r1, r2, , ror #25
	combine	7, r7, r3, r4, , ror #25
	operands 12, r0, lr
	operands 13, r1, r2
	operands 14, r3, r4
	operands 15, r5, r6
	combine	12, r8, r0, lr, , ror #24
	combine	13, r9, r1, r2, , ror #24
	combine	14, r10, r3, r4, , ror #24
	combine	15, r11, r5, r6, , ror #24
	add	r0, r0, #1
	str	r0, [sp, #INPUT + 48]
	operands 8, r0, r4
	operands 9, r1, r5
	operands 10, r2, r6
	operands 11, r3, r7
	ldr	r8, [sp, #C]
	ldr	r9, [sp, #C + 4]
	ldr	r10, [sp, #C + 8]
	ldr	r11, [sp, #C + 12]
	combine	8, r8, r0, r4
	combine	9, r9, r1, r5
	combine	10, r10, r2, r6
	combine	11, r11, r3, r7
	ldr	r0, [sp, #END]
	add	r12, r12, #64
	str	r12, [sp, #DATA]
	cmp	r12, r0
	bne	.Lblock

	ldr	r0, [sp, #INPUT_POINTER]
	ldr	r1, [sp, #INPUT + 48]
	str	r1, [r0, #48]
	/* Leave nothing of the key behind, on the stack or in registers. */
	movs	r0, #0
	movs	r1, #0
	movs	r2, #0
	movs	r3, #0
	movs	r4, #0
	movs	r5, #0
	mov	r12, sp
	movs	r6, #FRAME / 8
1:
	stm	r12!, {r0, r1}
	subs	r6, r6, #1
	bne	1b
	mov	lr, r0
	add	sp, sp, #FRAME
	pop	{r4-r11, pc}
	.size	zwg_chacha20_blocks, . - zwg_chacha20_blocks
