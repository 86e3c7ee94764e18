"""What both neurons need: their arguments, a wallet and a subtensor."""

import argparse

from bittensor.utils import networking
from bittensor_wallet import Wallet

from ergon_subtensor import Subtensor


def start(description, **ports):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--netuid", type=int, required=True)
    parser.add_argument("--wallet", default="default", help="name of the wallet")
    parser.add_argument("--wallets", default="~/.bittensor/wallets", help="folder of wallets")
    parser.add_argument("--network", help="URL of the ledger's REST service; else ERGON_REST")
    parser.add_argument("--state", default="~/.bittensor/ergon", help="folder for weights that wait to be revealed")
    parser.add_argument("--ip", help="address to publish; without it the SDK asks outside services")
    for name, default in ports.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    if args.ip:
        networking.get_external_ip = lambda: args.ip
    wallet = Wallet(name=args.wallet, hotkey="default", path=args.wallets)
    subtensor = Subtensor(args.network, state=args.state)
    if not subtensor.is_hotkey_registered(wallet.hotkey.ss58_address, args.netuid):
        raise SystemExit(f"{wallet.hotkey.ss58_address} has no uid on subnet {args.netuid}: register it first")
    return args, wallet, subtensor
