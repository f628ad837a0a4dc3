#include "textflag.h"

#define BROADCAST(byte, x, y) \
	MOVL $byte, AX; \
	VMOVQ AX, x;    \
	VPBROADCASTB x, y

// func skimVectors(b *byte, size int) (n int, met uint64)
//
// A mask has a bit for each of 32 bytes. R8 is the bit that an escape at the end
// of one step leaves for the next; R9 and R10 gather the bytes beyond ASCII and
// the backslashes of all steps.
TEXT ·skimVectors(SB), NOSPLIT, $0-32
	MOVQ b+0(FP), SI
	MOVQ size+8(FP), CX
	BROADCAST(0x22, X0, Y0) // a quote
	BROADCAST(0x5c, X1, Y1) // a backslash
	BROADCAST(0x6e, X2, Y2) // n
	BROADCAST(0x74, X3, Y3) // t
	BROADCAST(0x1f, X4, Y4) // the last control character
	XORL R8, R8
	XORL R9, R9
	XORL R10, R10
	XORQ AX, AX

step:
	LEAQ 32(AX), DX
	CMPQ DX, CX
	JHI  stop
	VMOVDQU (SI)(AX*1), Y5

	VPMINUB   Y5, Y4, Y6
	VPCMPEQB  Y5, Y6, Y6
	VPCMPEQB  Y5, Y0, Y7
	VPCMPEQB  Y5, Y1, Y8
	VPCMPEQB  Y5, Y2, Y9
	VPCMPEQB  Y5, Y3, Y10
	VPOR      Y9, Y10, Y9
	VPMOVMSKB Y6, R11
	VPMOVMSKB Y7, BX
	VPMOVMSKB Y8, DI
	VPMOVMSKB Y9, R12
	VPMOVMSKB Y5, R13

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

	ORL  R13, R9
	ORL  DI, R10
	SHRL $31, DI
	MOVL DI, R8
	ADDQ $32, AX
	JMP  step

stop:
	SUBQ R8, AX // before the backslash of an escape that was begun
	MOVQ AX, n+16(FP)
	XORQ BX, BX
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
