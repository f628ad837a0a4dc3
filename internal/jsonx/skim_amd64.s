#include "textflag.h"

// The bytes that are looked for: a quote, a backslash, n, t, and the last control
// character.
DATA ·wanted+0(SB)/8, $0x0000001f746e5c22
GLOBL ·wanted(SB), RODATA|NOPTR, $8

// func skimVectors(b *byte, size int) (n int, met uint64)
//
// A mask has a bit for each of 32 bytes. R8 is the bit that an escape at the end
// of one step leaves for the next; Y11 and R10 gather the bytes beyond ASCII and
// the backslashes of all steps.
TEXT ·skimVectors(SB), NOSPLIT, $0-32
	MOVQ b+0(FP), SI
	MOVQ size+8(FP), CX
	VPBROADCASTB ·wanted+0(SB), Y0
	VPBROADCASTB ·wanted+1(SB), Y1
	VPBROADCASTB ·wanted+2(SB), Y2
	VPBROADCASTB ·wanted+3(SB), Y3
	VPBROADCASTB ·wanted+4(SB), Y4
	VPXOR Y11, Y11, Y11
	XORL R8, R8
	XORL R10, R10
	XORL AX, AX
	SUBQ $32, CX
	JLT  end

step:
	VMOVDQU (SI)(AX*1), Y5
	VPMINUB  Y5, Y4, Y6
	VPCMPEQB Y5, Y6, Y6
	VPCMPEQB Y5, Y0, Y7
	VPCMPEQB Y5, Y1, Y8
	VPOR Y6, Y7, Y9
	VPOR Y8, Y9, Y9
	VPMOVMSKB Y9, BX
	ORL  R8, BX
	JNZ  special
	VPOR Y5, Y11, Y11
	ADDQ $32, AX
	CMPQ AX, CX
	JLE  step

end:
	SUBQ R8, AX // before the backslash of an escape that was begun
	VPMOVMSKB Y11, R9
	JMP  done

special:
	VPCMPEQB  Y5, Y2, Y9
	VPCMPEQB  Y5, Y3, Y10
	VPOR      Y9, Y10, Y9
	VPMOVMSKB Y6, R11
	VPMOVMSKB Y7, BX
	VPMOVMSKB Y8, DI
	VPMOVMSKB Y9, R12

	LEAL (R8)(DI*2), DX // what is escaped
	MOVL DX, R14
	NOTL R14
	ANDL BX, R14        // quotes that end the string
	ORL  R11, R14       // control characters
	MOVL DX, R15
	ANDL DI, R15        // backslashes that are escaped
	ORL  R15, R14
	ORL  BX, R12
	NOTL R12
	ANDL DX, R12        // escapes of other kinds
	ORL  R12, R14
	JNZ  stop

	VPOR Y5, Y11, Y11
	ORL  DI, R10
	SHRL $31, DI
	MOVL DI, R8
	ADDQ $32, AX
	CMPQ AX, CX
	JLE  step
	JMP  end

stop:
	BSFL R14, R11       // the first of them
	ADDQ R11, AX
	BTL  R11, DX
	SBBQ $0, AX         // or the backslash before it
	LEAL -1(R14), BX
	NOTL R14
	ANDL BX, R14        // what stands before it
	ANDL R14, DI
	ORL  DI, R10
	VPMOVMSKB Y5, R13
	ANDL R14, R13
	VPMOVMSKB Y11, R9
	ORL  R13, R9

done:
	MOVQ AX, n+16(FP)
	XORL BX, BX
	TESTL R10, R10
	SETNE BX
	TESTL R9, R9
	JEQ  ascii
	MOVQ $0x8080808080808080, DX
	ORQ  DX, BX

ascii:
	MOVQ BX, met+24(FP)
	VZEROUPPER
	RET
